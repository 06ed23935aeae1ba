import LinearAlgebra

/// Whether the latents of one model tell which code of another's images was held fixed.
///
/// Lin et al., arXiv:1906.06034, as InfoGAN-CR's code computes ModelCentrality's entries (`gan_task_mc_*.py`): the
/// FactorVAE score with the generating model's codes for factors, every group voting and classifying at once. Latents
/// are not pruned, but those without any spread have no vote.
public struct FixedCodeVotes: Sendable, Equatable {
  /// Groups by the latent that varied least and the code that was held, `[latent][code]`.
  public let votes: [[Int]]

  /// Takes votes as counted.
  ///
  /// - Parameter votes: `[latent][code]`.
  public init(votes: [[Int]]) { self.votes = votes }

  /// Counts the votes of groups.
  ///
  /// - Parameters:
  ///   - groups: The codes of all groups' images, one group after another.
  ///   - held: The code that each group holds at one value.
  ///   - codeCount: Number of codes that are held in turn.
  ///   - free: The codes of images that hold nothing, for the latents' spreads.
  /// - Throws: ``DisentanglementError`` if groups are not of one size of at least 2, if latents differ in number, or
  ///   if a group holds an unknown code.
  public init(
    groups: Codes, holding held: [Int], of codeCount: Int, free: Codes
  ) throws(DisentanglementError) {
    let metric = ModelCentrality.name
    let size = held.isEmpty ? 0 : groups.sampleCount / held.count
    guard size > 1, groups.sampleCount == size * held.count else {
      throw .invalidArgument(
        metric: metric, argument: "number of images in groups",
        expected: "a multiple, at least 2, of the \(held.count) groups",
        found: "\(groups.sampleCount)")
    }
    if let group = held.firstIndex(where: { !(0..<codeCount).contains($0) }) {
      throw .invalidArgument(
        metric: metric, argument: "code of group \(group)", expected: "0 to \(codeCount - 1)",
        found: "\(held[group])")
    }
    try groups.requireSameColumns(as: free)
    let spreads = Self.variances(free.matrix, rows: 0..<free.sampleCount)
    var votes = [[Int]](
      repeating: [Int](repeating: 0, count: codeCount), count: groups.latentCount)
    for (group, code) in held.enumerated() {
      let own = Self.variances(groups.matrix, rows: group * size..<(group + 1) * size)
      let ratios = own.indices.filter { spreads[$0] > 0 }.map { ($0, own[$0] / spreads[$0]) }
      if let least = ratios.min(by: { $0.1 < $1.1 }) { votes[least.0][code] += 1 }
    }
    self.votes = votes
  }

  /// The share of votes that the best code for every latent explains; 0 without votes.
  public var agreement: Double {
    let total = votes.joined().reduce(0, +)
    guard total > 0 else { return 0 }
    return Double(votes.reduce(0) { $0 + ($1.max() ?? 0) }) / Double(total)
  }

  /// The variance of every column over some rows, divisor N.
  private static func variances(_ matrix: Matrix<Double>, rows: Range<Int>) -> [Double] {
    let count = Double(rows.count)
    return (0..<matrix.columnCount).map { column in
      let mean = rows.reduce(0) { $0 + matrix[$1, column] } / count
      return rows.reduce(0) { sum, row in
        let deviation = matrix[row, column] - mean
        return sum + deviation * deviation
      } / count
    }
  }
}
