import BenchSupport
public import LinearAlgebra

public struct DCI: Sendable {
  public let importance: Matrix<Double>
  public let train: [Double]
  public let test: [Double]
  public init(train: LabelledCodes, test: LabelledCodes, seed: UInt64) {
    let f = { (c: Codes) in
      Matrix(rowCount: c.sampleCount, columnCount: c.latentCount, elements: c.matrix.elements.map { Float($0) }) }
    let targets = (0..<train.factors.factorCount).map { train.factors.labels($0) }
    var boosting = GradientBoosting()
    boosting.seed = seed
    let x = f(train.codes), xt = f(test.codes)
    let models = boosting.fit(codes: x, targets: targets)
    var imp = Matrix<Double>(rowCount: x.columnCount, columnCount: targets.count)
    for k in targets.indices { for j in 0..<x.columnCount { imp[j, k] = models[k].importances[j] } }
    importance = imp
    self.train = models.indices.map { k in
      zip(models[k].trainingScores.predictions, targets[k].values).reduce(0.0) { $0 + ($1.0 == $1.1 ? 1 : 0) } / Double(x.rowCount) }
    self.test = models.indices.map { k in
      let cls = Array(Set(train.factors.columns[k])).sorted()
      return zip(models[k].scores(xt).predictions, test.factors.columns[k]).reduce(0.0) { $0 + (cls[Int($1.0)] == $1.1 ? 1 : 0) } / Double(xt.rowCount) }
  }
}
