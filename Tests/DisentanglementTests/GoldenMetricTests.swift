import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
import Testing

/// Every golden case within the tolerance that was recorded with it.
@Suite("Golden values") struct GoldenMetricTests {
  @Test("MIG equals disentanglement_lib", arguments: GoldenFile.cases("mig"))
  func mutualInformationGap(golden: GoldenFile.Case) throws {
    let codes = try golden.codes()
    let factors = try golden.factors()
    let bins = try golden.archive().array("expected_bins").integers()
    for latent in 0..<codes.latentCount {
      let found = HistogramDiscretizer().bins(of: codes.latent(latent), precision: codes.precision)
      let expected = stride(from: latent, to: bins.count, by: codes.latentCount).map { bins[$0] }
      #expect(found.map { $0 + 1 } == expected || isConstant(codes, latent))
    }
    let labels = (0..<factors.factorCount).map { factors.labels($0) }
    golden.check(
      mutualInformationMatrix(codes: codes, factors: labels).elements, "mutual_information")
    golden.check(labels.map(\.entropy), "factor_entropy")
    guard let expected = golden.expected["discrete_mig"]?.double else {
      #expect(throws: DisentanglementError.singleClassFactor(metric: "mig", factor: "factor_1")) {
        try MutualInformationGap(codes: codes, factors: factors)
      }
      return
    }
    let mig = try MutualInformationGap(codes: codes, factors: factors)
    #expect(abs(mig.value - expected) <= golden.tolerance("discrete_mig"))
    golden.check(mig.gapOfFactor, "mig_per_factor")
  }

  /// A constant latent's bin number differs; only that it is one bin matters.
  private func isConstant(_ codes: Codes, _ latent: Int) -> Bool {
    Set(codes.latent(latent)).count == 1
  }

  @Test("SAP equals disentanglement_lib", arguments: GoldenFile.cases("sap"))
  func separatedAttributePredictability(golden: GoldenFile.Case) throws {
    let isContinuous = golden.params["continuous_factors"] == true
    let train = try LabelledCodes(
      codes: golden.codes("z_train"), factors: golden.factors("y_train"))
    let sap = try SeparatedAttributePredictability(
      train: train, test: isContinuous ? train : golden.split().test,
      estimator: isContinuous ? .correlation : .classification)
    golden.check(sap.value, "SAP_score")
    golden.check(sap.scoreMatrix.elements, "score_matrix")
    if !isContinuous {
      golden.check(sap.scoreMatrix.elements, "score_matrix_exact_optimum", within: 1e-12)
    }
  }

  @Test(
    "FactorVAE score replays disentanglement_lib", arguments: GoldenFile.cases("factor_vae_score"))
  func factorVAEScore(golden: GoldenFile.Case) throws {
    var configuration = FactorVAEScore.Configuration()
    configuration.batchSize = Int(flatten(golden.params["batch_size"])[0])
    configuration.trainVoteCount = Int(flatten(golden.params["num_train"])[0])
    configuration.evaluationVoteCount = Int(flatten(golden.params["num_eval"])[0])
    configuration.varianceSampleCount = Int(flatten(golden.params["num_variance_estimate"])[0])
    configuration.pruneThreshold = flatten(golden.params["prune_threshold"])[0]
    let source = try InterventionSource(
      grid: golden.codes("codebook"),
      factorSizes: flatten(golden.params["factor_sizes"]).map { Int($0) })
    let score = try FactorVAEScore(
      source: source, configuration: configuration, seed: golden.seed())
    golden.check(score.value, "eval_accuracy")
    golden.check(score.trainAccuracy, "train_accuracy")
    let expected = flatten(golden.expected["global_variances"])
    for (variance, wanted) in zip(score.globalVariances, expected) {
      #expect(abs(variance - wanted) <= 1e-5 * wanted)
    }
    golden.check(compacted(score.trainVotes, score.activeLatents), "votes_train")
    golden.check(compacted(score.evaluationVotes, score.activeLatents), "votes_eval")
  }

  /// The reference counts votes in the columns of the active latents' positions.
  private func compacted(_ votes: [[Int]], _ active: [Int]) -> [Double] {
    votes.flatMap { row in
      active.map { Double(row[$0]) } + [Double](repeating: 0, count: row.count - active.count)
    }
  }

  @Test("β-VAE score equals disentanglement_lib", arguments: GoldenFile.cases("beta_vae_score"))
  func betaVAEScore(golden: GoldenFile.Case) throws {
    let (train, evaluation) = try (pairs(golden, "train"), pairs(golden, "eval"))
    let score = try BetaVAEScore(train: train, evaluation: evaluation)
    golden.check(score.value, "eval_accuracy")
    golden.check(score.trainAccuracy, "train_accuracy")
    let first = score.trainFeatures.elements.prefix(5 * score.trainFeatures.columnCount)
    golden.check(Array(first), "features_train_first5", within: 1e-6)

    var configuration = BetaVAEScore.Configuration()
    configuration.tolerance = 1e-9
    configuration.iterationLimit = 10_000
    let converged = try BetaVAEScore(
      train: train, evaluation: evaluation, configuration: configuration)
    let coefficients = flatten(golden.expected["converged"]?["coef"])
    let largest = coefficients.reduce(0) { max($0, abs($1)) }
    for (found, wanted) in zip(converged.coefficients.elements, coefficients) {
      #expect(abs(found - wanted) <= 1e-3 * largest, "\(golden.id)")
    }
  }

  /// The recorded pairs.
  private func pairs(
    _ golden: GoldenFile.Case, _ part: String
  ) throws -> BetaVAEScore.Differences {
    let codebook = try golden.codes("codebook")
    let archive = try golden.archive()
    let factors = try archive.array("\(part)_factor").integers()
    let first = try archive.array("\(part)_indices1").integers()
    let second = try archive.array("\(part)_indices2").integers()
    return BetaVAEScore.Differences(
      first: codebook.samples(first), second: codebook.samples(second), sharedFactors: factors)
  }

  @Test("modularity equals disentanglement_lib", arguments: GoldenFile.cases("modularity"))
  func modularity(golden: GoldenFile.Case) throws {
    let modularity = try Modularity(codes: golden.codes(), factors: golden.factors())
    golden.check(modularity.value, "modularity_score")
    golden.check(modularity.mutualInformation.elements, "mutual_information")
  }

  @Test("explicitness equals disentanglement_lib", arguments: GoldenFile.cases("explicitness"))
  func explicitness(golden: GoldenFile.Case) throws {
    let split = try golden.split()
    let explicitness = try Explicitness(train: split.train, test: split.test)
    golden.check(explicitness.train, "explicitness_score_train")
    golden.check(explicitness.test, "explicitness_score_test")
    golden.check(explicitness.trainOfFactor, "per_factor_train")
    golden.check(explicitness.testOfFactor, "per_factor_test")
  }

  @Test("IRS equals disentanglement_lib", arguments: GoldenFile.cases("irs"))
  func interventionalRobustness(golden: GoldenFile.Case) throws {
    let score = try InterventionalRobustness(
      codes: golden.codes(), factors: golden.factors(),
      quantile: flatten(golden.params["diff_quantile"])[0])
    golden.check(score.value, "IRS")
    golden.check(score.scoreOfLatent, "disentanglement_scores")
    golden.check(score.parentOfLatent.map { Double($0) }, "parents")
    golden.check(score.robustness.elements, "irs_matrix")
    golden.check(score.maximalDeviations, "max_deviations")
    golden.check(score.activeLatents.map { Double($0) }, "active_dims")
  }

  @Test("InfoMEC equals both published programs", arguments: GoldenFile.cases("infomec"))
  func infoMEC(golden: GoldenFile.Case) throws {
    let score = try InfoMEC(
      codes: golden.codes(), factors: golden.factors(),
      latents: golden.id.contains("discrete") ? .discrete : .continuous,
      activeRule: golden.id.contains("tripod") ? .interquartileRange : .range)
    golden.check(score.infoM, "infom")
    golden.check(score.infoC, "infoc")
    golden.check(score.infoE, "infoe")
    golden.check(score.normalizedInformation.elements, "nmi")
    let active = (0..<score.normalizedInformation.columnCount).map {
      score.activeLatents.contains($0) ? 1.0 : 0
    }
    golden.check(active, "active_latents", within: 0)
  }

  @Test(
    "unsupervised scores equal disentanglement_lib", arguments: GoldenFile.cases("unsupervised"))
  func unsupervised(golden: GoldenFile.Case) throws {
    let scores = try UnsupervisedScores(codes: golden.codes())
    golden.check(scores.gaussianTotalCorrelation, "gaussian_total_correlation")
    golden.check(scores.gaussianWassersteinCorrelation, "gaussian_wasserstein_correlation")
    golden.check(scores.gaussianWassersteinCorrelationNorm, "gaussian_wasserstein_correlation_norm")
    golden.check(scores.mutualInformationScore, "mutual_info_score")
  }

  @Test("review variants equal their program", arguments: GoldenFile.cases("review_metrics"))
  func review(golden: GoldenFile.Case) throws {
    let (codes, factors) = try (golden.codes(), golden.factors())
    let input = try MetricInput(codes: codes, factors: factors)
    golden.check(try DCIMIG(codes: codes, factors: factors).value, "dcimig")
    golden.check(try JEMMIG(codes: codes, factors: factors).value, "jemmig")
    for (name, field) in [
      ("mig:review", "mig"), ("mig-sup", "mig_sup"), ("modularity:review", "modularity"),
    ] {
      let value = try MetricCatalog.metric(named: name).evaluate(input).value
      if golden.expected[field]?.double == nil {
        // A constant latent gives NaN there and a defined value here.
        #expect(value?.isFinite == true)
      } else {
        golden.check(value, field)
      }
    }
  }

  @Test("MED equals DisDiff", arguments: GoldenFile.cases("med"))
  func med(golden: GoldenFile.Case) throws {
    let split = try golden.split()
    let med = try MED(train: split.train, test: split.test, topCount: 2)
    golden.check(med.importance.disentanglement, "disentanglement")
    golden.check(med.importance.completeness, "completeness")
    golden.check(med.topImportance?.disentanglement, "top2_disentanglement")
    golden.check(med.topImportance?.completeness, "top2_completeness")
    golden.check(med.informativenessTrain, "informativeness_train")
    golden.check(med.informativenessTest, "informativeness_test")
  }

  @Test("MIG of first components equals DisDiff's", arguments: GoldenFile.cases("mig_pca"))
  func unitComponents(golden: GoldenFile.Case) throws {
    let array = try golden.archive().array("v")
    let codes = try Codes(
      Matrix(
        rowCount: array.shape[0], columnCount: array.shape[1] * array.shape[2],
        elements: try array.floats()))
    let projected = try CodeAlignment.firstComponents(of: codes, unitCount: array.shape[1])
    let sums = (0..<projected.latentCount).map { unit in
      projected.latent(unit).reduce(0) { $0 + abs($1) }
    }
    for (sum, wanted) in zip(sums, flatten(golden.expected["pca_abs_projection_sum"])) {
      #expect(abs(sum - wanted) <= 1e-4 * wanted)
    }
    let mig = try MutualInformationGap(codes: projected, factors: golden.factors())
    golden.check(mig.value, "discrete_mig")
    golden.check(mig.gapOfFactor, "mig_per_factor")
  }
}
