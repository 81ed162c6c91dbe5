package org.millrace.console.fault;

import jakarta.faces.context.ExceptionHandler;
import jakarta.faces.context.ExceptionHandlerFactory;

/** Registered in faces-config.xml. */
public class FaultHandlerFactory extends ExceptionHandlerFactory {
  public FaultHandlerFactory(ExceptionHandlerFactory wrapped) {
    super(wrapped);
  }

  @Override
  public ExceptionHandler getExceptionHandler() {
    return new FaultHandler(getWrapped().getExceptionHandler());
  }
}
