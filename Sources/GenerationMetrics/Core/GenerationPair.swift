/// A reference set and a generated one, with what the metrics of both share.
public final class GenerationPair {
  /// The real set.
  public let reference: GenerationSide
  /// The generated set.
  public let generated: GenerationSide
  /// The metrics' parameters.
  public let options: GenerationOptions
  private var shared: [ObjectIdentifier: Any] = [:]

  /// Pairs two sets that were made in one way.
  ///
  /// - Throws: ``GenerationError`` if protocols or widths differ.
  public init(
    reference: GenerationSide, generated: GenerationSide,
    options: GenerationOptions = GenerationOptions()
  ) throws(GenerationError) {
    try reference.requireProtocol(generated.protocolID, of: generated.name)
    guard reference.width == generated.width else {
      throw .widthMismatch(
        first: reference.name, firstWidth: reference.width, second: generated.name,
        secondWidth: generated.width)
    }
    self.reference = reference
    self.generated = generated
    self.options = options
  }

  /// The features of both sets.
  ///
  /// - Parameter metric: The metric that needs them, for the error.
  /// - Returns: Both sets.
  /// - Throws: ``GenerationError/missingInput(set:needed:metric:)`` where only statistics are known.
  public func features(for metric: String) throws(GenerationError) -> (
    reference: FeatureSet, generated: FeatureSet
  ) {
    (
      try reference.required(\.features, "features", for: metric),
      try generated.required(\.features, "features", for: metric)
    )
  }

  /// What several metrics need, computed by the first of them; one value of each type.
  func shared<Value>(_ make: () throws -> Value) rethrows -> Value {
    if let known = shared[ObjectIdentifier(Value.self)] as? Value { return known }
    let value = try make()
    shared[ObjectIdentifier(Value.self)] = value
    return value
  }
}

extension GenerationSide {
  /// A part of the set that a metric cannot do without.
  ///
  /// - Throws: ``GenerationError/missingInput(set:needed:metric:)``.
  func required<Part>(
    _ part: KeyPath<GenerationSide, Part?>, _ needed: String, for metric: String
  ) throws(GenerationError) -> Part {
    guard let part = self[keyPath: part] else {
      throw .missingInput(set: name, needed: needed, metric: "'\(metric)'")
    }
    return part
  }
}
