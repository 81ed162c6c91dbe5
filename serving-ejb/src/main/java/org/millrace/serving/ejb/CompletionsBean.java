package org.millrace.serving.ejb;

import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.api.Completions;
import org.millrace.tenancy.api.Caller;

/**
 * The way in. Without a transaction of its own: the hold has one, and a caller's must not span a
 * request.
 */
@Singleton
@Local(Completions.class)
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class CompletionsBean implements Completions {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public CompletionStream submit(Caller caller, CompletionRequest request) {
    return node.nodeOrRefuse().completions().submit(caller, request);
  }
}
