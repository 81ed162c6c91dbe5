package org.millrace.serving.ejb;

import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.util.List;
import java.util.Optional;
import org.millrace.serving.api.Models;

/** The models of this server's node. */
@Singleton
@Local(Models.class)
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class ModelsBean implements Models {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public List<ServedModel> list() {
    return node.node().map(running -> running.registry().list()).orElse(List.of());
  }

  @Override
  public Optional<ServedModel> find(String name) {
    return node.node().flatMap(running -> running.served(name));
  }
}
