package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.faces.application.FacesMessage;
import jakarta.faces.context.FacesContext;
import org.millrace.billing.api.BillingException;
import org.millrace.serving.api.ServingException;
import org.millrace.tenancy.api.TenancyException;

/** What a page says after an action: done, or refused and why. */
@RequestScoped
public class Notices {

  /**
   * Runs an action; a refusal of a service becomes a message on the page. Returns whether it was
   * done.
   */
  boolean attempt(Runnable action) {
    try {
      action.run();
      return true;
    } catch (TenancyException | BillingException | ServingException | IllegalArgumentException e) {
      refuse(String.valueOf(e.getMessage()));
      return false;
    }
  }

  void refuse(String why) {
    FacesContext.getCurrentInstance()
        .addMessage(null, new FacesMessage(FacesMessage.SEVERITY_ERROR, sentence(why), null));
  }

  /** Shown on the page that the action leads to. */
  void done(String what) {
    var faces = FacesContext.getCurrentInstance();
    faces.getExternalContext().getFlash().setKeepMessages(true);
    faces.addMessage(null, new FacesMessage(FacesMessage.SEVERITY_INFO, what, null));
  }

  static String sentence(String text) {
    if (text.isBlank()) {
      return "It was refused.";
    }
    String capital = Character.toUpperCase(text.charAt(0)) + text.substring(1);
    return capital.endsWith(".") ? capital : capital + ".";
  }
}
