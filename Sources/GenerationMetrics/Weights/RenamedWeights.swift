/// Parameters read from a file in which another publisher gave them other names and layouts.
struct RenamedWeights: WeightSource {
  /// Where a parameter lies in the file.
  struct Place {
    /// The tensors that make it up, joined along their first axis.
    let names: [String]
    /// Whether the file has the matrix transposed.
    var isTransposed = false
    /// How many axes of size 1 the file has before the others.
    var leadingAxisCount = 0

    init(names: [String]) { self.names = names }

    init(_ name: String, isTransposed: Bool = false, leadingAxisCount: Int = 0) {
      names = [name]
      self.isTransposed = isTransposed
      self.leadingAxisCount = leadingAxisCount
    }
  }

  let file: WeightFile
  /// The place of a parameter, by the name that the network has for it.
  let place: (String) -> Place

  var name: String { file.name }

  func parameter(_ name: String, shape: [Int]) throws(WeightError) -> [Float] {
    let place = place(name)
    var stored = place.isTransposed ? Array(shape.reversed()) : shape
    stored[0] /= place.names.count
    stored = Array(repeating: 1, count: place.leadingAxisCount) + stored
    var elements: [Float] = []
    for part in place.names { elements += try file.parameter(part, shape: stored) }
    guard place.isTransposed else { return elements }
    let (rows, columns) = (shape[0], shape[1])
    return (0..<rows * columns).map { elements[$0 % columns * rows + $0 / columns] }
  }
}
