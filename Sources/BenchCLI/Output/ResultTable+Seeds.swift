import Results

extension ResultTable.Cell {
  /// The mean of a model's values and their deviation over seeds, or how many of them are undefined.
  ///
  /// - Parameters:
  ///   - values: A value per seed that has the metric; not finite where it is undefined.
  ///   - decimals: Digits after the point; nil for as many as suit the mean.
  init(overSeeds values: [Double], decimals: Int? = nil) {
    let undefinedCount = values.count { !$0.isFinite }
    // A mean of the others would be that of another set of seeds than its neighbours'.
    switch undefinedCount {
    case values.count: self = "–"
    case 0: self.init(Summary(values).text(decimals: decimals))
    default: self.init("undefined in \(undefinedCount) of \(values.count)")
    }
  }
}
