import BenchSupport
import Disentanglement
import LinearAlgebra
import Testing

@Suite("ModelCentrality") struct ModelCentralityTests {
  @Test("scores are means of the symmetric similarities to all others")
  func scores() throws {
    let centrality = try ModelCentrality(
      agreements: Matrix(
        rowCount: 3, columnCount: 3, elements: [0.9, 0.6, 0.4, 0.8, 0.95, 0.5, 0.3, 0.7, 0.85]))
    for (score, expected) in zip(centrality.scoreOfModel, [0.525, 0.65, 0.475]) {
      #expect(abs(score - expected) < 1e-12)
    }
    #expect(centrality.pick == 1)
    #expect(abs(centrality.similarities[0, 1] - 0.7) < 1e-12)
    #expect(centrality.similarities[0, 1] == centrality.similarities[1, 0])
  }

  @Test("votes agree as far as each latent's best code explains them")
  func votes() {
    #expect(
      FixedCodeVotes(votes: [[5, 1, 0], [0, 2, 3], [4, 0, 0], [0, 0, 0]]).agreement == 0.8)
    #expect(FixedCodeVotes(votes: [[0, 0], [0, 0]]).agreement == 0)
  }

  /// Groups of images that hold one code in turn, seen by an encoder that gives every code its own latent.
  private static func sample(
    latents order: [Int], scales: [Double], noise: Double = 0
  ) throws -> (groups: Codes, held: [Int], free: Codes) {
    var random = Philox(seed: 4)
    let (groupCount, size, codeCount) = (30, 20, 3)
    let held = (0..<groupCount).map { $0 % codeCount }
    func codes(_ rows: Int, holding: (Int) -> Int?) throws -> Codes {
      var kept = [Double](repeating: 0, count: codeCount)
      let elements = (0..<rows).flatMap { row -> [Double] in
        if row % size == 0 { kept = kept.map { _ in random.uniform() } }
        let drawn = (0..<codeCount).map { code in
          let value = random.uniform()
          return (holding(row) == code ? kept[code] : value) + noise * random.uniform()
        }
        return zip(order, scales).map { drawn[$0] * $1 }
      }
      return try Codes(Matrix(rowCount: rows, columnCount: order.count, elements: elements))
    }
    let groups = try codes(groupCount * size) { held[$0 / size] }
    return (groups, held, try codes(400) { _ in nil })
  }

  private static func votes(_ order: [Int], _ scales: [Double], noise: Double = 0) throws
    -> FixedCodeVotes
  {
    let sample = try sample(latents: order, scales: scales, noise: noise)
    return try FixedCodeVotes(
      groups: sample.groups, holding: sample.held, of: 3, free: sample.free)
  }

  @Test("order and scale of latents change nothing; a latent without spread has no vote")
  func invariance() throws {
    let plain = try Self.votes([0, 1, 2], [1, 1, 1], noise: 2)
    #expect(plain.agreement > 0.4 && plain.agreement < 1)
    let turned = try Self.votes([2, 0, 1], [1, 1, 1], noise: 2)
    #expect(turned.votes == [plain.votes[2], plain.votes[0], plain.votes[1]])
    #expect(try Self.votes([0, 1, 2], [4, 0.25, -8], noise: 2) == plain)
    let silent = try Self.votes([0, 1, 2, 0], [1, 1, 1, 0], noise: 2)
    #expect(silent.votes == plain.votes + [[0, 0, 0]])
  }

  @Test(
    "an ideal encoder agrees entirely, a duplicated latent costs nothing, a useless one gives nothing"
  )
  func extremes() throws {
    #expect(try Self.votes([0, 1, 2], [1, 1, 1]).agreement == 1)
    #expect(try Self.votes([0, 1, 2, 1], [1, 1, 1, 2]).agreement == 1)
    #expect(try Self.votes([0], [1]).agreement == 1.0 / 3)
    #expect(try Self.votes([0, 1], [0, 0]).agreement == 0)
  }

  @Test("sizes that do not fit are refused")
  func errors() throws {
    let sample = try Self.sample(latents: [0, 1, 2], scales: [1, 1, 1])
    #expect(throws: DisentanglementError.self) {
      try FixedCodeVotes(
        groups: sample.groups, holding: [0, 1, 2, 0, 1, 2, 0], of: 3, free: sample.free)
    }
    #expect(throws: DisentanglementError.self) {
      try FixedCodeVotes(groups: sample.groups, holding: sample.held, of: 2, free: sample.free)
    }
    #expect(throws: DisentanglementError.self) {
      try FixedCodeVotes(
        groups: sample.groups, holding: sample.held, of: 3, free: sample.free.latents([0]))
    }
    for elements in [[0.5], [0.5, 0.5, 1.5, 0.5], [0.5, .nan, 0.5, 0.5]] {
      let side = elements.count == 1 ? 1 : 2
      #expect(throws: DisentanglementError.self) {
        try ModelCentrality(
          agreements: Matrix(rowCount: side, columnCount: side, elements: elements))
      }
    }
  }
}
