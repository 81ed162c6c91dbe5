package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.tenancy.api.AuditTrail.AuditEntry;

/** Who did what, and whether the chain of hashes is whole. */
@Named("auditPage")
@RequestScoped
public class AuditPage {
  static final int ENTRIES_MAX = 500;

  @Inject Visitor visitor;
  @Inject AuditTrail trail;
  private @Nullable List<AuditEntry> entries;
  private @Nullable OptionalLong firstBroken;

  /** Newest first. */
  public List<AuditEntry> getEntries() {
    List<AuditEntry> known = entries;
    if (known == null) {
      known = trail.list(visitor.actor(), visitor.actor().tenantId(), ENTRIES_MAX);
      entries = known;
    }
    return known;
  }

  /** An entry's details in the order of their names. */
  public List<Map.Entry<String, String>> details(AuditEntry entry) {
    return List.copyOf(new TreeMap<>(entry.details()).entrySet());
  }

  public boolean isCut() {
    return getEntries().size() >= ENTRIES_MAX;
  }

  private OptionalLong firstBroken() {
    OptionalLong known = firstBroken;
    if (known == null) {
      known = trail.firstBroken();
      firstBroken = known;
    }
    return known;
  }

  public boolean isWhole() {
    return firstBroken().isEmpty();
  }

  /** The sequence number of the first entry whose hash does not fit. */
  public long getBrokenAt() {
    return firstBroken().orElse(0);
  }
}
