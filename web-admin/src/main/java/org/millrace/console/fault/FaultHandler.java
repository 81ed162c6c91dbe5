package org.millrace.console.fault;

import jakarta.faces.FacesException;
import jakarta.faces.application.ViewExpiredException;
import jakarta.faces.context.ExceptionHandler;
import jakarta.faces.context.ExceptionHandlerWrapper;
import jakarta.faces.context.ExternalContext;
import jakarta.faces.context.FacesContext;
import jakarta.faces.event.ExceptionQueuedEvent;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import org.millrace.console.session.NotAllowedException;
import org.millrace.console.session.ReturnAddress;

/**
 * Failures of a Faces request. A view that is gone (the session ended meanwhile) is shown afresh;
 * anything else ends at an error page. Without this, a failure in an Ajax request would send the
 * exception's text to the browser and show nothing.
 */
public class FaultHandler extends ExceptionHandlerWrapper {
  public FaultHandler(ExceptionHandler wrapped) {
    super(wrapped);
  }

  @Override
  public void handle() throws FacesException {
    FacesContext faces = FacesContext.getCurrentInstance();
    Iterator<ExceptionQueuedEvent> events = getUnhandledExceptionQueuedEvents().iterator();
    while (events.hasNext()) {
      Throwable failure = events.next().getContext().getException();
      if (answer(faces, failure)) {
        events.remove();
      }
    }
    getWrapped().handle();
  }

  private static boolean answer(FacesContext faces, Throwable failure) {
    ExternalContext external = faces.getExternalContext();
    var request = (HttpServletRequest) external.getRequest();
    if (failure instanceof ViewExpiredException) {
      return redirect(faces, ReturnAddress.of(request));
    }
    if (external.isResponseCommitted()) {
      return false;
    }
    if (ErrorPage.rootOf(failure) instanceof NotAllowedException) {
      return faces.getPartialViewContext().isAjaxRequest()
          ? redirect(faces, external.getRequestContextPath() + "/error/forbidden")
          : sendError(faces, HttpServletResponse.SC_FORBIDDEN);
    }
    String reference = Faults.report(request, failure);
    return faces.getPartialViewContext().isAjaxRequest()
        && redirect(faces, external.getRequestContextPath() + "/error/failed?ref=" + reference);
  }

  private static boolean redirect(FacesContext faces, String url) {
    try {
      faces.getExternalContext().redirect(url);
      faces.responseComplete();
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean sendError(FacesContext faces, int status) {
    try {
      faces.getExternalContext().responseSendError(status, null);
      faces.responseComplete();
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
