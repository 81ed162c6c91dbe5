package org.millrace.launcher;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.millrace.db.LedgerVerifier;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.platform.OwnerAccess;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "verify-ledger",
    description = "Recompute every invariant of the ledger; status 1 where one is broken.",
    mixinStandardHelpOptions = true)
final class VerifyLedgerCommand implements Callable<Integer> {
  @Mixin private DataOption data = new DataOption();

  @Option(names = "--json", description = "As one JSON object")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    var owner =
        ExternalParts.database(System.getenv()).orElseGet(() -> OwnerAccess.of(data.layout()));
    var report = verify(owner);
    if (json) {
      System.out.println(json(report));
    } else {
      print(report, System.out);
    }
    return report.ok() ? 0 : 1;
  }

  private static LedgerVerifier.Report verify(DatabaseAccess owner) {
    try {
      return LedgerVerifier.verify(owner.jdbcUrl(), owner.user(), owner.password());
    } catch (SQLException failed) {
      throw new LaunchException(
          "cannot read the ledger in %s: %s (is the platform up? see `./millrace status`)"
              .formatted(owner, failed.getMessage()),
          failed);
    }
  }

  static String json(LedgerVerifier.Report report) throws java.io.IOException {
    var object = new LinkedHashMap<String, Object>();
    object.put("ok", report.ok());
    object.put("transfers", report.transfers());
    object.put("postings", report.postings());
    object.put("open_holds", report.openHolds());
    object.put("usage_records", report.usageRecords());
    object.put("audit_entries", report.auditEntries());
    object.put("imbalance", report.imbalance());
    object.put("violations", report.violations());
    return new ObjectMapper().writeValueAsString(object);
  }

  private static void print(LedgerVerifier.Report report, PrintStream out) {
    out.printf(
        "%d transfers, %d postings, %d open holds, %d usage records, %d audit entries; imbalance %s%n",
        report.transfers(),
        report.postings(),
        report.openHolds(),
        report.usageRecords(),
        report.auditEntries(),
        report.imbalance().toPlainString());
    report
        .violations()
        .forEach((invariant, rows) ->
            out.printf(
                "  %-36s %s%n",
                invariant.replace('_', ' '), rows == 0 ? "none" : rows + " rows, BROKEN"));
    out.println(report.ok() ? "The ledger is sound." : "The ledger is NOT sound.");
  }
}
