import BenchSupport
package import LinearAlgebra

/// What gradient boosting learned about one target.
package struct BoostedClassifier: Sendable {
  let learningRate: Double
  /// Scores before the first stage; one for two classes.
  package let initialScores: [Double]
  /// The trees, `[stage][class]`.
  package private(set) var stages: [[BoostedTree]] = []
  /// Scores of the training samples after all stages, `[sample, class]`.
  package internal(set) var trainingScores: Matrix<Double>
  /// Sums over the trees of the decrease of the squared error by each latent.
  private var gains: [Double]

  init(learningRate: Double, initialScores: [Double], latentCount: Int) {
    self.learningRate = learningRate
    self.initialScores = initialScores
    trainingScores = Matrix(rowCount: 0, columnCount: initialScores.count)
    gains = Array(repeating: 0, count: latentCount)
  }

  /// Adds a stage; `columns` are the latents of the trees' gains.
  mutating func append(_ stage: some Sequence<TreeGrower.Grown>, columns: [Int]) {
    stages.append(stage.map(\.tree))
    for grown in stage {
      for (column, gain) in zip(columns, grown.gains) { gains[column] += gain }
    }
  }

  /// How much each latent contributed, summing to 1; zeros if no tree could split anything.
  package var importances: [Double] {
    let total = gains.reduce(0, +)
    return total > 0 ? gains.map { $0 / total } : gains
  }

  /// Scores after all stages, `[sample, class]`; one column for two classes.
  package func scores(_ codes: Matrix<Float>) -> Matrix<Double> {
    let blockSize = 1024
    let blocks = Parallel.map((codes.rowCount + blockSize - 1) / blockSize) { block in
      let rows = block * blockSize..<min(codes.rowCount, (block + 1) * blockSize)
      var scores = ClassScores(initialScores, rowCount: rows.count)
      for trees in stages {
        for (index, tree) in trees.enumerated() {
          tree.addValues(
            to: &scores.values, at: index * rows.count, rows: rows, codes: codes,
            scale: learningRate)
        }
      }
      return scores
    }
    return Matrix(blocks)
  }
}
