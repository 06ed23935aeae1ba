/// Codes with the factors of the same samples.
public struct LabelledCodes: Sendable {
  /// The codes, `[sample, latent]`.
  public let codes: Codes
  /// The factors of the same samples.
  public let factors: Factors

  /// Pairs codes with factors.
  ///
  /// - Throws: ``DisentanglementError/rowMismatch(array:rows:other:otherRows:)``.
  public init(codes: Codes, factors: Factors) throws(DisentanglementError) {
    guard codes.sampleCount == factors.sampleCount else {
      throw .rowMismatch(
        array: "factors", rows: factors.sampleCount, other: "codes", otherRows: codes.sampleCount)
    }
    self.init(checked: codes, factors: factors)
  }

  init(checked codes: Codes, factors: Factors) {
    self.codes = codes
    self.factors = factors
  }

  /// Number of samples.
  public var sampleCount: Int { codes.sampleCount }

  /// The given samples, in the given order; an index may occur more than once.
  public func samples(_ indices: [Int]) -> LabelledCodes {
    LabelledCodes(checked: codes.samples(indices), factors: factors.samples(indices))
  }
}
