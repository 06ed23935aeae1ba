/// A reference set and a generated one, with what the metrics of both share.
public final class GenerationPair {
  /// The real set.
  public let reference: GenerationSide
  /// The generated set.
  public let generated: GenerationSide
  /// Real images that were not trained on, for the metrics of three sets.
  public let heldOut: GenerationSide?
  /// The metrics' parameters.
  public let options: GenerationOptions
  private var shared: [ObjectIdentifier: Any] = [:]

  /// Pairs two sets that were made in one way.
  ///
  /// - Parameters:
  ///   - reference: The real set.
  ///   - generated: The generated set.
  ///   - heldOut: Real images that were not trained on.
  ///   - options: The metrics' parameters.
  /// - Throws: ``GenerationError`` if protocols or widths differ.
  public init(
    reference: GenerationSide, generated: GenerationSide, heldOut: GenerationSide? = nil,
    options: GenerationOptions = GenerationOptions()
  ) throws(GenerationError) {
    for other in [generated, heldOut].compactMap(\.self) {
      try reference.requireProtocol(other.protocolID, of: other.name)
      guard reference.width == other.width else {
        throw .widthMismatch(
          first: reference.name, firstWidth: reference.width, second: other.name,
          secondWidth: other.width)
      }
    }
    // The reference may say nothing of its protocol; these two may not differ then either.
    if let heldOut { try generated.requireProtocol(heldOut.protocolID, of: heldOut.name) }
    self.heldOut = heldOut
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
