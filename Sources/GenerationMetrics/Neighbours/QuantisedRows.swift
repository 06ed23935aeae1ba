internal import CQuantised
import LinearAlgebra

/// Features rounded to one byte each, between which processors with the instructions for it compute
/// squared distances several times as fast as in single precision.
///
/// Values are `origin + step · byte`, one origin and step for all sets that are compared. How far each row
/// moved by the rounding is known exactly, so distances of the bytes bound those of the features.
struct QuantisedRows: Sendable {
  /// How far each row lies from its features.
  let errors: [Double]
  /// The distance between neighbouring bytes.
  let step: Double

  private let width: Int
  private let rows: [Int8]
  private let rowNorms: [Int32]
  private let panels: [UInt8]
  private let columnNorms: [Int32]

  /// Prepares several sets, so that they can be compared.
  ///
  /// - Parameter sets: Finite features of one width.
  /// - Returns: One for each; nil where the processor lacks the instructions or rounding tells nothing.
  static func prepare(_ sets: [Matrix<Float>]) -> [QuantisedRows]? {
    let width = sets.first?.columnCount ?? 0
    guard cquantised_is_available(), (16...8192).contains(width),
      let range = range(of: sets), (range.upper - range.lower).isFinite
    else { return nil }
    let step = (Double(range.upper) - Double(range.lower)) / 255
    guard step > 1e-30 else { return nil }
    return sets.map { QuantisedRows($0, origin: Double(range.lower), step: step) }
  }

  /// The range whose 256 steps leave the least squared error, of a sample of the values.
  private static func range(of sets: [Matrix<Float>]) -> (lower: Float, upper: Float)? {
    let total = sets.reduce(0) { $0 + $1.elements.count }
    guard total > 0 else { return nil }
    // A stride without common divisors with usual widths.
    let stride = max(1, total / 100_000) | 1
    var sample: [Float] = []
    for set in sets {
      sample += Swift.stride(from: 0, to: set.elements.count, by: stride).map { set.elements[$0] }
    }
    sample.sort()
    let candidates = [0, 1e-5, 1e-4, 1e-3, 5e-3].map { share in
      let margin = Int(share * Double(sample.count))
      return (lower: sample[margin], upper: sample[sample.count - 1 - margin])
    }
    func error(_ range: (lower: Float, upper: Float)) -> Double {
      let step = (Double(range.upper) - Double(range.lower)) / 255
      guard step > 0 else { return .infinity }
      return sample.reduce(0) { sum, value in
        let place = ((Double(value) - Double(range.lower)) / step).rounded()
        let difference = Double(value) - Double(range.lower) - step * min(255, max(0, place))
        return sum + difference * difference
      }
    }
    return candidates.min { error($0) < error($1) }
  }

  private init(_ features: Matrix<Float>, origin: Double, step: Double) {
    let group = Int(cquantised_group)
    let panelSize = Int(cquantised_panel)
    let (count, columns) = (features.rowCount, features.columnCount)
    let padded = (columns + group - 1) / group * group
    let panelCount = (count + panelSize - 1) / panelSize
    var rows = [Int8](repeating: 0, count: count * padded)
    var panels = [UInt8](repeating: 0, count: panelCount * panelSize * padded)
    var rowNorms = [Int32](repeating: 0, count: count)
    var columnNorms = rowNorms
    var errors = [Double](repeating: 0, count: count)
    let inverse = Float(1 / step)
    let start = Float(origin)
    features.elements.withUnsafeBufferPointer { source in
      rows.withUnsafeMutableBufferPointer { rows in
        panels.withUnsafeMutableBufferPointer { panels in
          for row in 0..<count {
            var (square, sum) = (Int32(0), Int32(0))
            var error = 0.0
            let panel = row / panelSize * panelSize * padded + row % panelSize * group
            for column in 0..<columns {
              let value = source[row * columns + column]
              let place = min(255, max(0, (value - start) * inverse + 0.5))
              let byte = UInt8(place)
              let difference = Double(value) - (origin + step * Double(byte))
              error += difference * difference
              square += Int32(byte) * Int32(byte)
              sum += Int32(byte)
              rows[row * padded + column] = Int8(truncatingIfNeeded: Int(byte) - 128)
              panels[panel + column / group * panelSize * group + column % group] = byte
            }
            rowNorms[row] = square
            columnNorms[row] = square - 256 * sum
            errors[row] = error.squareRoot()
          }
        }
      }
    }
    width = padded
    self.rows = rows
    self.panels = panels
    self.rowNorms = rowNorms
    self.columnNorms = columnNorms
    self.errors = errors
    self.step = step
  }

  /// Writes squared distances in units of the step, `[row, column]` without gaps.
  ///
  /// - Parameters:
  ///   - rows: Rows of this set.
  ///   - other: The other set.
  ///   - columns: Rows of the other set; the first is a multiple of 64.
  ///   - target: Room for all of them.
  func squares(
    _ rows: Range<Int>, to other: QuantisedRows, _ columns: Range<Int>,
    into target: UnsafeMutablePointer<Float>
  ) {
    precondition(
      columns.lowerBound % Int(cquantised_panel) == 0, "columns from \(columns.lowerBound)")
    self.rows.withUnsafeBufferPointer { own in
      rowNorms.withUnsafeBufferPointer { ownNorms in
        other.panels.withUnsafeBufferPointer { panels in
          other.columnNorms.withUnsafeBufferPointer { norms in
            guard let own = own.baseAddress, let ownNorms = ownNorms.baseAddress,
              let panels = panels.baseAddress, let norms = norms.baseAddress
            else { return }
            cquantised_squares(
              own + rows.lowerBound * width, ownNorms + rows.lowerBound, rows.count, width,
              panels + columns.lowerBound * width, norms + columns.lowerBound, columns.count,
              target,
              columns.count)
          }
        }
      }
    }
  }
}
