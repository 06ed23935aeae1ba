import LinearAlgebra

/// How many generated samples are no near copies of training samples (AuthPct).
///
/// A generated sample is authentic if its nearest training sample lies nearer to another training sample
/// than to it: *How Faithful is your Synthetic Data?*, arXiv:2102.08921, as dgm-eval's `compute_authpct`
/// has it, on all samples and with distances in double precision. The package fld prints the same less 50.
public enum Authenticity {
  /// Computes the share.
  ///
  /// - Parameters:
  ///   - training: Features of the training images; at least two.
  ///   - generated: Features of the generated images; at least one.
  /// - Returns: Per cent, 0 to 100.
  /// - Throws: ``GenerationError`` if widths differ or a set is too small.
  public static func percentage(training: FeatureSet, generated: FeatureSet) throws -> Double {
    try GenerationError.requireEqualWidth(training, generated)
    guard generated.count > 0 else {
      throw GenerationError.tooFewSamples(
        set: generated.name, found: 0, needed: 1, metric: "'authenticity'")
    }
    let own = try squaredNeighbourRadii(training, neighbourCount: 1)
    let nearest = try NearestRows(of: generated.features, in: training.features)
    let authentic = nearest.indices.indices.count { own[nearest.indices[$0]] < nearest.squares[$0] }
    return 100 * Double(authentic) / Double(generated.count)
  }
}
