package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.console.chart.LoadChart;
import org.millrace.console.live.LoadHistory;
import org.millrace.console.live.LoadSample;
import org.millrace.console.live.Today;
import org.millrace.console.session.Visitor;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.api.ServingStatus.ReplicaView;
import org.millrace.serving.api.ServingStatus.Snapshot;
import org.primefaces.PrimeFaces;

/** What the platform does now, and what today has brought so far. */
@Named("overview")
@RequestScoped
public class OverviewPage {
  @Inject Visitor visitor;
  @Inject ServingStatus status;
  @Inject Today today;
  @Inject LoadHistory history;
  private @Nullable Snapshot snapshot;
  private @Nullable UsageTotals totals;

  public Snapshot getSnapshot() {
    Snapshot known = snapshot;
    if (known == null) {
      known = status.snapshot();
      snapshot = known;
    }
    return known;
  }

  public UsageTotals getTotals() {
    UsageTotals known = totals;
    if (known == null) {
      known = UsageTotals.of(today.usage(visitor.actor()));
      totals = known;
    }
    return known;
  }

  public LoadSample getLoad() {
    return LoadSample.of(getSnapshot());
  }

  public List<ReplicaView> getReplicas() {
    return getSnapshot().replicas();
  }

  public String getChart() {
    return LoadChart.of(history.samples());
  }

  /** Called every two seconds: feeds the running chart instead of drawing a new one. */
  public void refresh() {
    PrimeFaces.current().ajax().addCallbackParam("load", LoadChart.seriesOf(history.samples()));
  }
}
