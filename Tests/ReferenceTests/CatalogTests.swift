import Reference
import Testing

@Suite("Model catalog") struct CatalogTests {
  private func labels(_ texts: String...) throws -> [String] {
    try ModelCatalog.specifications(texts).map(\.label)
  }

  @Test("groups stand for their models, each once")
  func groups() throws {
    #expect(
      try labels("all")
        == ["multi-beta-vae", "multi-beta-vae-diag", "beta-vae", "factor-vae", "beta-tcvae"])
    #expect(try labels("main").contains("multi-beta-vae"))
    #expect(try labels("main").contains("multi-beta-vae:times=logit"))
    let encoding = ModelCatalog.all.filter(\.hasCodes).map(\.name)
    #expect(try labels("everything") == encoding)
    #expect(try labels("beta-vae", "everything").count == encoding.count)
    #expect(ModelCatalog.all.filter { !$0.hasCodes }.map(\.name) == ["gan", "ddpm"])
    #expect(ModelCatalog.others.count == encoding.count - 5)
    let ours = ["multi-beta-vae", "multi-beta-vae:times=logit"]
    #expect(
      try labels("table1")
        == ["beta-vae", "info-vae", "diffae", "info-diffusion:mmd=0", "info-diffusion", "disdiff"]
        + ours)
    #expect(try labels("table2") == ["factor-vae", "beta-tcvae", "infogan-cr"] + ours)
    #expect(
      try labels("rivals") == ["diffae", "info-diffusion", "disdiff", "encdiff", "infogan-cr"])
  }

  @Test("grids are those of the large-scale study: six methods with six values each")
  func grids() throws {
    let grids: [(String, [Double])] = [
      ("beta-vae:beta", [1, 2, 4, 6, 8, 16]), ("annealed-vae:capacity", [5, 10, 25, 50, 75, 100]),
      ("factor-vae:gamma", [10, 20, 30, 40, 50, 100]), ("dip-vae-i:lambda", [1, 2, 5, 10, 20, 50]),
      ("dip-vae-ii:lambda", [1, 2, 5, 10, 20, 50]), ("beta-tcvae:beta", [1, 2, 4, 6, 8, 10]),
    ]
    for (prefix, values) in grids {
      let name = String(prefix.prefix { $0 != ":" })
      let expected = try values.map { try ModelSpecification(parsing: "\(prefix)=\($0)").label }
      #expect(try labels("\(name):grid") == expected)
    }
    #expect(try labels("study").count == 36)
    // A grid's value that is the default is the model itself, so that its run is shared.
    #expect(try labels("beta-vae:grid").contains("beta-vae"))
    #expect(throws: TrainingError.self) { try labels("info-vae:grid") }
  }
}

@Suite("β conventions") struct BetaConventionTests {
  private let conversion = BetaConversion(
    pixelCount: 64 * 64 * 3, latentCount: 10, deviation: 0.12,
    fixedDeviation: 0.5.squareRoot())

  private func isClose(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) <= 1e-9 * abs(expected)
  }

  @Test("there and back again")
  func roundTrip() {
    for from in BetaConvention.allCases {
      for to in BetaConvention.allCases {
        for value in [0.01, 0.1, 0.5, 0.9] {
          let there = conversion.convert(value, from: from, to: to)
          #expect(isClose(conversion.convert(there, from: to, to: from), value))
          #expect(to.range.contains(there))
        }
      }
    }
  }

  /// 4·½ nats of KL for (x − x̂)²/(2·0.0144): w = 4·0.5/0.0144.
  @Test("a worked example")
  func example() {
    let weight = 4 * 0.5 / 0.0144
    #expect(isClose(conversion.convert(4, from: .betaVAE, to: .sum), weight))
    #expect(isClose(conversion.convert(4, from: .betaVAE, to: .paper), weight / (1 + weight)))
    let odds = weight * 10 / 12288
    #expect(isClose(conversion.convert(4, from: .betaVAE, to: .mean), odds / (1 + odds)))
  }
}
