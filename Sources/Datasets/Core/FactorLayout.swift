/// What a factor dataset's files must hold: the shape of the images and the grid of factors.
public struct FactorLayout: Sendable, Equatable {
  /// The shape of every image as it is handed out.
  public let imageShape: ImageShape
  /// The factors' names.
  public let factorNames: [String]
  /// How many values each factor takes.
  public let factorSizes: [Int]

  /// A layout.
  public init(imageShape: ImageShape, factorNames: [String], factorSizes: [Int]) {
    precondition(factorNames.count == factorSizes.count, "names for \(factorSizes)")
    self.imageShape = imageShape
    self.factorNames = factorNames
    self.factorSizes = factorSizes
  }

  /// The number of combinations.
  public var count: Int { factorSizes.reduce(1, *) }

  /// The same factors with other sizes, for files that hold fewer combinations.
  public func resized(to factorSizes: [Int]) -> FactorLayout {
    FactorLayout(imageShape: imageShape, factorNames: factorNames, factorSizes: factorSizes)
  }
}
