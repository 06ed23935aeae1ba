import BenchSupport
import Glibc
public import LinearAlgebra

/// Unsupervised disentanglement ranking (UDR): how well the latents of independently trained models
/// match one another.
///
/// *Unsupervised Model Selection for Variational Disentangled Representation Learning*,
/// arXiv:1905.12614, with the estimators of disentanglement_lib's `udr.py`. Codes are standardised;
/// latents whose average KL divergence is at most the threshold are ignored.
public struct UnsupervisedDisentanglementRanking: Sendable, Equatable {
  /// How the similarity of two latents is measured.
  public enum Similarity: Sendable, Equatable {
    /// Absolute weights of a Lasso regression (α = 0.1) of one model's latents on the other's.
    case lasso
    /// Absolute Spearman rank correlation.
    case spearman
  }

  /// The largest average KL divergence of a latent that is ignored, in nats.
  public static let informativeRate = 0.01

  /// The median of each model's scores against all others.
  public let scoreOfModel: [Double]
  /// The score of every ordered pair of models; the diagonal is 0.
  public let pairScores: Matrix<Double>

  /// Compares models on the same observations.
  ///
  /// - Parameters:
  ///   - models: Each model's codes of the same observations; at least two models.
  ///   - klDivergences: Each model's average KL divergence per latent, in nats; nil if every latent
  ///     counts as informative.
  ///   - threshold: Largest KL divergence of an ignored latent.
  ///   - similarity: How latents are compared.
  /// - Throws: ``DisentanglementError`` if there are fewer than two models, numbers of samples or
  ///   latents differ, or a model has no informative latent.
  public init(
    models: [Codes], klDivergences: [[Double]]? = nil, threshold: Double = informativeRate,
    similarity: Similarity = .lasso
  ) throws(DisentanglementError) {
    let metric = "udr"
    guard models.count >= 2 else {
      throw .invalidArgument(
        metric: metric, argument: "number of models", expected: "at least 2",
        found: "\(models.count)")
    }
    var informative: [[Int]] = []
    for (index, codes) in models.enumerated() {
      guard codes.sampleCount == models[0].sampleCount else {
        throw .rowMismatch(
          array: "codes of model \(index)", rows: codes.sampleCount, other: "model 0",
          otherRows: models[0].sampleCount)
      }
      if let divergences = klDivergences?[index], divergences.count != codes.latentCount {
        throw .columnMismatch(
          array: "KL divergences of model \(index)", columns: divergences.count, other: "its codes",
          otherColumns: codes.latentCount)
      }
      let kept = (0..<codes.latentCount).filter { latent in
        klDivergences.map { $0[index][latent] > threshold } ?? true
      }
      guard !kept.isEmpty else { throw .noActiveLatents(metric: "udr (model \(index))") }
      informative.append(kept)
    }
    let kept = zip(models, informative).map { codes, latents -> Matrix<Double> in
      let kept = codes.latents(latents)
      let prepared = similarity == .spearman ? kept.ranks() : kept
      return Standardization(prepared).apply(prepared.matrix)
    }
    let count = models.count
    let scores = Parallel.map(count * count) { pair -> Double in
      let (from, to) = (pair / count, pair % count)
      guard from != to else { return 0 }
      let weights =
        switch similarity {
        case .lasso: lassoWeights(from: kept[from], to: kept[to])
        case .spearman: correlations(kept[from], kept[to])
        }
      return relativeStrength(weights)
    }
    let pairs = Matrix(rowCount: count, columnCount: count, elements: scores)
    pairScores = pairs
    scoreOfModel = (0..<count).map { model in
      var others = (0..<count).filter { $0 != model }.map { pairs[$0, model] }
      return quantile(0.5, ofUnsorted: &others)
    }
  }
}

/// The mean over rows and over columns of the largest entry squared over the sum, averaged.
private func relativeStrength(_ weights: Matrix<Double>) -> Double {
  func strength(_ list: [Double]) -> Double {
    let sum = list.reduce(0, +)
    let largest = list.max() ?? 0
    return sum > 0 ? largest * largest / sum : 0
  }
  let rows = (0..<weights.rowCount).map { strength(Array(weights.row($0))) }
  let columns = (0..<weights.columnCount).map { strength(weights.column($0)) }
  return (rows.mean + columns.mean) / 2
}

/// Inner products of the columns of two matrices over the number of rows.
private func correlations(_ first: Matrix<Double>, _ second: Matrix<Double>) -> Matrix<Double> {
  let products = products(first, second)
  return Matrix(
    rowCount: products.rowCount, columnCount: products.columnCount,
    elements: products.elements.map { abs($0) })
}

private func products(_ first: Matrix<Double>, _ second: Matrix<Double>) -> Matrix<Double> {
  var result = Matrix<Double>(rowCount: first.columnCount, columnCount: second.columnCount)
  for row in 0..<first.rowCount {
    for i in 0..<first.columnCount {
      let value = first[row, i]
      for j in 0..<second.columnCount { result[i, j] += value * second[row, j] }
    }
  }
  let scale = 1 / Double(first.rowCount)
  for index in result.elements.indices { result.elements[index] *= scale }
  return result
}

/// Absolute Lasso weights of each of the second model's latents on the first model's.
///
/// As scikit-learn's `Lasso(alpha=0.1)`, here until no weight moves by more than 1e-9.
private func lassoWeights(from: Matrix<Double>, to: Matrix<Double>) -> Matrix<Double> {
  let gram = products(from, from)
  let targets = products(from, to)
  return Matrix(
    columns: (0..<to.columnCount).map { column in
      Lasso.weights(
        gram: gram.elements, products: targets.column(column), alpha: 0.1, sweepLimit: 10_000
      ) { step, _ in step <= 1e-9 }.map { abs($0) }
    })
}

extension Codes {
  /// Every latent's ranks; ties share their mean rank.
  fileprivate func ranks() -> Codes {
    var result = matrix
    for latent in 0..<latentCount {
      let values = self.latent(latent)
      let order = sortedOrder(values)
      var start = 0
      while start < order.count {
        var end = start
        while end < order.count && values[Int(order[end])] == values[Int(order[start])] { end += 1 }
        for position in start..<end {
          result[Int(order[position]), latent] = Double(start + end - 1) / 2
        }
        start = end
      }
    }
    return Codes(finite: result, precision: .float64)
  }
}
