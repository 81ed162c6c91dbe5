package org.millrace.console.page;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.millrace.billing.api.BillingException;
import org.millrace.console.fake.FakeApiKeys;
import org.millrace.console.fake.FakeAuditTrail;
import org.millrace.console.fake.FakeCredits;
import org.millrace.console.fake.FakePrices;
import org.millrace.console.fake.FakeServing;
import org.millrace.console.fake.FakeTenants;
import org.millrace.console.fake.FakeUsageRecords;
import org.millrace.console.format.Format;
import org.millrace.console.session.Visitor;
import org.millrace.serving.api.ServingException;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.api.TenantView;

/** The services as fakes, and pages wired to them as one visitor's request would find them. */
final class House {
  final FakeTenants tenants = new FakeTenants();
  final FakeApiKeys keys = new FakeApiKeys();
  final FakeCredits credits = new FakeCredits();
  final FakePrices prices = new FakePrices();
  final FakeUsageRecords usage = new FakeUsageRecords();
  final FakeServing serving = new FakeServing();
  final FakeAuditTrail audit = new FakeAuditTrail();
  final Said said = new Said();
  final Map<String, String> parameters = new HashMap<>();
  final TenantView demo;
  final TenantView acme;
  final InstantSource clock = () -> Instant.parse("2026-11-21T12:00:00Z");
  private Visitor visitor;

  House() {
    keys.tenants = tenants;
    demo = tenants.create(Actor.system(), "demo", "Demo");
    acme = tenants.create(Actor.system(), "acme", "Acme");
    visitor = as(Actor.PLATFORM_ADMIN);
  }

  /** Messages in a list instead of on a page. */
  static final class Said extends Notices {
    final List<String> done = new ArrayList<>();
    final List<String> refused = new ArrayList<>();

    @Override
    boolean attempt(Runnable action) {
      try {
        action.run();
        return true;
      } catch (TenancyException
          | BillingException
          | ServingException
          | IllegalArgumentException e) {
        refused.add(String.valueOf(e.getMessage()));
        return false;
      }
    }

    @Override
    void refuse(String why) {
      refused.add(why);
    }

    @Override
    void done(String what) {
      done.add(what);
    }
  }

  Visitor as(String role) {
    visitor = Visitor.of(new Actor("s", "Ada", Set.of(role), null), null);
    return visitor;
  }

  Visitor asTenantAdminOf(TenantView tenant) {
    var actor = new Actor("t", "Tom", Set.of(Actor.TENANT_ADMIN), tenant.id());
    visitor = Visitor.of(actor, tenant);
    return visitor;
  }

  private Parameters parameters() {
    return new Parameters() {
      @Override
      Optional<String> get(String name) {
        return Optional.ofNullable(parameters.get(name));
      }

      @Override
      String serverUrl() {
        return "http://localhost:8080";
      }
    };
  }

  TenantPage tenantPage() {
    var page = new TenantPage();
    page.visitor = visitor;
    page.parameters = parameters();
    page.tenants = tenants;
    page.apiKeys = keys;
    page.credits = credits;
    page.usageRecords = usage;
    page.notices = said;
    return page;
  }

  KeyForm keyForm() {
    var form = new KeyForm();
    form.visitor = visitor;
    form.page = tenantPage();
    form.parameters = parameters();
    form.apiKeys = keys;
    form.models = serving;
    form.notices = said;
    return form;
  }

  CreditForm creditForm() {
    var form = new CreditForm();
    form.visitor = visitor;
    form.page = tenantPage();
    form.credits = credits;
    form.format = new Format();
    form.notices = said;
    return form;
  }

  LimitsForm limitsForm() {
    var form = new LimitsForm();
    form.visitor = visitor;
    form.page = tenantPage();
    form.tenants = tenants;
    form.notices = said;
    form.fill();
    return form;
  }

  TenantsPage tenantsPage() {
    var page = new TenantsPage();
    page.visitor = visitor;
    page.tenants = tenants;
    page.names = names();
    page.usageRecords = usage;
    page.notices = said;
    page.clock = clock;
    return page;
  }

  TenantNames names() {
    var names = new TenantNames();
    names.visitor = visitor;
    names.tenants = tenants;
    return names;
  }

  UsagePage usagePage() {
    var page = new UsagePage();
    page.visitor = visitor;
    page.parameters = parameters();
    page.tenants = tenants;
    page.names = names();
    page.usageRecords = usage;
    page.format = new Format();
    page.clock = clock;
    return page;
  }

  ModelsPage modelsPage() {
    var page = new ModelsPage();
    page.visitor = visitor;
    page.parameters = parameters();
    page.models = serving;
    page.control = serving;
    page.status = serving;
    page.prices = prices;
    page.notices = said;
    return page;
  }

  AuditPage auditPage() {
    var page = new AuditPage();
    page.visitor = visitor;
    page.trail = audit;
    return page;
  }
}
