package org.millrace.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Keeps the directions between the rooms, over the compiled classes of every module. */
class HouseTest {
  /** Root package of each module, and the packages of the house it may use besides its own. */
  private static final Map<String, List<String>> MAY_USE =
      Map.of(
          "org.millrace.db", List.of(),
          "org.millrace.transaction", List.of("org.millrace.db"),
          "org.millrace.inference", List.of(),
          // A device is handed tensors of a file and blocks of the cache, and answers in the
          // engine's words.
          "org.millrace.gpu",
              List.of(
                  "org.millrace.inference.tensor",
                  "org.millrace.inference.api",
                  "org.millrace.inference.cache",
                  "org.millrace.inference.gguf"),
          "org.millrace.tenancy", List.of("org.millrace.db", "org.millrace.transaction"),
          "org.millrace.billing",
              List.of("org.millrace.db", "org.millrace.transaction", "org.millrace.tenancy.api"),
          "org.millrace.serving",
              List.of(
                  "org.millrace.inference.api",
                  "org.millrace.tenancy.api",
                  "org.millrace.billing.api"),
          "org.millrace.webapi",
              List.of(
                  "org.millrace.tenancy.api",
                  "org.millrace.billing.api",
                  "org.millrace.serving.api"),
          "org.millrace.console",
              List.of(
                  "org.millrace.tenancy.api",
                  "org.millrace.billing.api",
                  "org.millrace.serving.api"));

  private static final List<String> MODULES =
      List.of(
          "db",
          "transaction",
          "inference",
          "gpu-kernels",
          "tenancy",
          "billing",
          "serving-ejb",
          "web-api",
          "web-admin");

  /** Last parts of package names where Jakarta is at home; everything else is plain Java. */
  private static final Set<String> CONTAINER_PACKAGES = Set.of("api", "ejb", "persistence");

  private static final Set<String> EJB_MODULES =
      Set.of("org.millrace.tenancy", "org.millrace.billing", "org.millrace.serving");

  private static final JavaClasses HOUSE = new ClassFileImporter().importPaths(compiled());

  private static List<Path> compiled() {
    Path root = Path.of("..").toAbsolutePath().normalize();
    return MODULES.stream().map(module -> root.resolve(module).resolve("target/classes")).toList();
  }

  @Test
  void everyModuleIsLookedAt() {
    for (Path classes : compiled()) {
      assertTrue(Files.isDirectory(classes), classes + " is missing: build that module first");
    }
    for (String module : MAY_USE.keySet()) {
      assertTrue(HOUSE.stream().anyMatch(c -> inside(c, module)), "no class in " + module);
    }
  }

  @TestFactory
  Stream<DynamicTest> aModuleUsesOnlyWhatItMay() {
    return MAY_USE.entrySet().stream()
        .map(entry ->
            DynamicTest.dynamicTest(
                entry.getKey(), () -> checkDirections(entry.getKey(), entry.getValue())));
  }

  private static void checkDirections(String module, List<String> allowed) {
    noClasses()
        .that(describe("are in " + module, c -> inside(c, module)))
        .should()
        .dependOnClassesThat(
            describe(
                "are in a room that " + module + " may not use",
                c ->
                    inside(c, "org.millrace")
                        && !inside(c, module)
                        && allowed.stream().noneMatch(room -> inside(c, room))))
        .check(HOUSE);
  }

  @Test
  void theEngineAndTheDatabaseModuleKnowNoJakarta() {
    noClasses()
        .that()
        .resideInAnyPackage("org.millrace.inference..", "org.millrace.gpu..", "org.millrace.db..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jakarta..", "org.eclipse.microprofile..", "org.hibernate..")
        .check(HOUSE);
  }

  @Test
  void theEngineKnowsNoDatabase() {
    noClasses()
        .that()
        .resideInAnyPackage("org.millrace.inference..", "org.millrace.gpu..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "javax.sql..")
        .check(HOUSE);
  }

  @Test
  void thePurePackagesOfTheBeansKnowNoContainerAndNoDatabase() {
    noClasses()
        .that(describe("are pure", HouseTest::pure))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "jakarta..",
            "org.eclipse.microprofile..",
            "org.hibernate..",
            "java.sql..",
            "javax.sql..")
        .check(HOUSE);
  }

  @Test
  void thePurePackagesReadNoClockAndDrawNoRandomness() {
    noClasses()
        .that(describe("are pure", HouseTest::pure))
        .should()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(java.util.UUID.class, "randomUUID")
        .orShould()
        .callConstructor(java.util.Random.class)
        .orShould()
        .callConstructor(java.security.SecureRandom.class)
        .check(HOUSE);
  }

  @Test
  void moneyIsNeverAFloatingPointNumber() {
    methods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAPackage("org.millrace.billing..")
        .should()
        .notHaveRawReturnType(double.class)
        .andShould()
        .notHaveRawReturnType(float.class)
        .check(HOUSE);
  }

  @Test
  void noPackageIsADrawerForEverything() {
    noClasses()
        .should()
        .resideInAnyPackage("..common..", "..util..", "..helper..", "..manager..", "..impl..")
        .check(HOUSE);
  }

  @Test
  void nobodyWaitsForTheDatabaseInsideTheStepLoop() {
    classes()
        .that()
        .resideInAnyPackage("org.millrace.serving.batch..")
        .should()
        .onlyDependOnClassesThat(
            describe(
                "are plain Java, the engine's api or serving's own",
                c ->
                    inside(c, "java")
                        || inside(c, "org.jspecify")
                        || inside(c, "org.millrace.inference.api")
                        || inside(c, "org.millrace.serving")
                        || c.isPrimitive()
                        || c.isArray()))
        .check(HOUSE);
  }

  /**
   * A virtual thread that loads a class holds the application's class loader while it has no
   * carrier, and others wait for that loader pinned to theirs: with few cores nothing moves again.
   */
  @Test
  void noVirtualThreadRunsInTheServer() {
    noClasses()
        .should(
            ArchConditions.be(
                describe(
                    "asking the container for virtual threads",
                    c ->
                        c.getAnnotations().stream()
                            .anyMatch(a -> Boolean.TRUE.equals(a.getProperties().get("virtual"))))))
        .orShould()
        .callMethod(Thread.class, "ofVirtual")
        .orShould()
        .callMethod(Thread.class, "startVirtualThread", Runnable.class)
        .orShould()
        .callMethod(java.util.concurrent.Executors.class, "newVirtualThreadPerTaskExecutor")
        .check(HOUSE);
  }

  private static boolean pure(JavaClass c) {
    return EJB_MODULES.stream().anyMatch(module -> inside(c, module))
        && CONTAINER_PACKAGES.stream()
            .noneMatch(part -> (c.getPackageName() + ".").contains("." + part + "."));
  }

  private static boolean inside(JavaClass c, String room) {
    String name = c.getPackageName();
    return name.equals(room) || name.startsWith(room + ".");
  }
}
