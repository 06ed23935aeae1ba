import BenchSupport

/// Why codes could not be scored.
public enum DisentanglementError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An array has no rows or no columns.
  case empty(array: String)
  /// Two arrays that describe the same samples have different numbers of rows.
  case rowMismatch(array: String, rows: Int, other: String, otherRows: Int)
  /// Something has another number of columns, names or sizes than the array it belongs to.
  case columnMismatch(array: String, columns: Int, other: String, otherColumns: Int)
  /// A code is NaN or infinite.
  case notFinite(array: String, row: Int, column: Int)
  /// The value of a continuous factor is NaN or infinite.
  case factorNotFinite(factor: String, row: Int, value: String)
  /// A class index is negative.
  case negativeClass(factor: String, row: Int, value: Int)
  /// A class index is not below the factor's size.
  case classOutOfRange(factor: String, row: Int, value: Int, size: Int)
  /// An attribute is neither 0 nor 1.
  case notBinary(attribute: String, row: Int, value: Int)
  /// The metric needs more samples.
  case tooFewSamples(metric: String, needed: Int, found: Int)
  /// The metric needs more latents.
  case tooFewLatents(metric: String, needed: Int, found: Int)
  /// The metric needs more factors.
  case tooFewFactors(metric: String, needed: Int, found: Int)
  /// A factor has the same class in every sample, so the metric has no value.
  case singleClassFactor(metric: String, factor: String)
  /// The training or test sample lacks a class that the other one has.
  case missingClass(metric: String, factor: String, sample: String)
  /// No latent varies, so the metric has no value.
  case noActiveLatents(metric: String)
  /// A latent is the same in every sample, and the metric divides by its spread.
  case constantLatent(metric: String, latent: Int)
  /// The metric needs an input that was not given.
  case missingInput(metric: String, input: String)
  /// No metric has this name.
  case unknownMetric(name: String, nearest: [String])
  /// A quantity overflowed or has no finite value.
  case undefined(metric: String, quantity: String, reason: String)
  /// The codes are of a kind that the metric is not made for.
  case notApplicable(metric: String, reason: String)
  /// An argument of a metric is outside its range.
  case invalidArgument(metric: String, argument: String, expected: String, found: String)

  /// One sentence that says where, what was expected, what was found and what to do.
  public var description: String {
    switch self {
    case .empty(let array):
      "\(array): the array is empty; at least one row and one column are needed."
    case .rowMismatch(let array, let rows, let other, let otherRows):
      "\(array): \(rows) rows, but \(other) has \(otherRows); both must describe the same samples."
    case .columnMismatch(let array, let columns, let other, let otherColumns):
      "\(array): \(columns) entries or columns, but \(other) has \(otherColumns); they must agree."
    case .notFinite(let array, let row, let column):
      "\(array): row \(row), column \(column) is NaN or infinite; every code must be finite, so "
        + "repair or leave out that sample."
    case .factorNotFinite(let factor, let row, let value):
      "factor '\(factor)': row \(row) is \(value), expected a finite number; repair or leave out that "
        + "sample."
    case .negativeClass(let factor, let row, let value):
      "factor '\(factor)': row \(row) is \(value), expected a class index of at least 0; "
        + "renumber the classes from 0."
    case .classOutOfRange(let factor, let row, let value, let size):
      "factor '\(factor)': row \(row) is \(value), expected a class index below its size \(size); "
        + "correct the class or the size."
    case .notBinary(let attribute, let row, let value):
      "attribute '\(attribute)': row \(row) is \(value), expected 0 or 1; "
        + "encode absent as 0 and present as 1."
    case .tooFewSamples(let metric, let needed, let found):
      "\(metric): \(counted(found, "sample")), at least \(needed) are needed; score more samples."
    case .tooFewLatents(let metric, let needed, let found):
      "\(metric): \(counted(found, "latent")), at least \(needed) are needed."
    case .tooFewFactors(let metric, let needed, let found):
      "\(metric): \(counted(found, "factor")), at least \(needed) are needed."
    case .singleClassFactor(let metric, let factor):
      "\(metric): factor '\(factor)' has one class in these samples, which leaves the metric "
        + "undefined; leave that factor out or add samples of another class."
    case .missingClass(let metric, let factor, let sample):
      "\(metric): the \(sample) sample lacks a class of factor '\(factor)'; draw both samples at "
        + "random from the same rows (not in their order) or use a larger \(sample) sample."
    case .noActiveLatents(let metric):
      "\(metric): no latent varies over these samples, so there is nothing to score."
    case .constantLatent(let metric, let latent):
      "\(metric): latent \(latent) is constant over these samples, expected some spread; "
        + "leave it out."
    case .missingInput(let metric, let input):
      "\(metric): \(input) needed, none given; add them or choose another metric."
    case .unknownMetric(let name, let nearest):
      nearest.isEmpty
        ? "'\(name)': no metric has this name; `bench score --help` lists them."
        : "'\(name)': no metric has this name; did you mean \(nearest.joined(separator: " or "))?"
    case .undefined(let metric, let quantity, let reason):
      "\(metric): \(quantity) has no finite value: \(reason)."
    case .notApplicable(let metric, let reason):
      "\(metric): not applicable: \(reason)."
    case .invalidArgument(let metric, let argument, let expected, let found):
      "\(metric): \(argument) is \(found), expected \(expected)."
    }
  }
}
