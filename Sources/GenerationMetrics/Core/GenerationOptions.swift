/// The parameters of the metrics; defaults are the references'.
public struct GenerationOptions: Sendable, Equatable {
  /// Whether a sample on a neighbourhood's boundary lies inside; decides whenever distances tie.
  public enum Inside: String, Sendable, CaseIterable {
    /// `d < R`: prdc and youngjung's code.
    case strict
    /// `d ≤ R`: the authors' code, StyleGAN's, ADM's and torch-fidelity's.
    case inclusive
  }

  /// Which neighbour sets a neighbourhood's radius.
  public var neighbourCount = 3
  /// Whether a sample on a neighbourhood's boundary lies inside.
  public var inside = Inside.strict
  /// Number of subsets of the kernel distance.
  public var kernelSubsetCount = 100
  /// Samples per subset of the kernel distance.
  public var kernelSubsetSize = 1000
  /// Number of random directions of the sliced distance.
  public var directionCount = 1000
  /// Number of splits of the inception score.
  public var splitCount = 10
  /// Seed of what the references leave unseeded.
  public var seed: UInt64 = 0

  /// The references' parameters.
  public init() {}
}
