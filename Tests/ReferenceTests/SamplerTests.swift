import BenchSupport
import Glibc
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  /// Samplers with heads that are known exactly: all error is the sampler's.
  @Suite("Samplers") struct SamplerTests {
    /// Var[z₀] of Gaussian data at N = 10 and N = 250, from an independent NumPy recursion.
    struct Row: Sendable, CustomTestStringConvertible {
      let schedule: GaussianToy.Schedule
      let sampler: Sampler
      var sign = 1.0
      let variances: [Double]

      var testDescription: String { "\(sampler.name), Δ\(sign > 0 ? "+" : "−"), \(schedule)" }
    }

    private static let rows = [
      Row(
        schedule: .linear, sampler: .algorithm2Literal,
        variances: [0.26668491014706364, 0.4641592410274965]),
      Row(
        schedule: .linear, sampler: .algorithm2Fixed,
        variances: [0.4277082805754016, 0.4924487906959016]),
      Row(
        schedule: .linear, sampler: .posterior(.lower),
        variances: [0.7041198604291143, 0.982535876112479]),
      Row(
        schedule: .linear, sampler: .posterior(.lower), sign: -1,
        variances: [0.25790081166089324, 0.3602255150993902]),
      Row(
        schedule: .linear, sampler: .ddim(eta: 0),
        variances: [0.6990412574288238, 0.9797839034815656]),
      Row(
        schedule: .linear, sampler: .ddim(eta: 0), sign: -1,
        variances: [0.13939964774291558, 0.13630563366638368]),
      Row(
        schedule: .squareRoot, sampler: .algorithm2Literal,
        variances: [0.23393302067976185, 0.43404253814384247]),
      Row(
        schedule: .squareRoot, sampler: .algorithm2Fixed,
        variances: [0.4185980278788096, 0.4856336690440305]),
      Row(
        schedule: .squareRoot, sampler: .posterior(.lower),
        variances: [0.7155141131814018, 0.9753675958652579]),
      Row(
        schedule: .squareRoot, sampler: .ddim(eta: 0),
        variances: [0.7257669333092105, 0.9811472846622336]),
      Row(
        schedule: .sigmoid, sampler: .algorithm2Literal,
        variances: [0.26133322171916296, 0.4650248758062668]),
      Row(
        schedule: .sigmoid, sampler: .algorithm2Fixed,
        variances: [0.4234446595944099, 0.49264473354480076]),
      Row(
        schedule: .sigmoid, sampler: .posterior(.lower),
        variances: [0.7194801893059852, 0.9852091424452781]),
      Row(
        schedule: .sigmoid, sampler: .posterior(.lower), sign: -1,
        variances: [0.25002488456826244, 0.3595050616119751]),
      Row(
        schedule: .sigmoid, sampler: .ddim(eta: 0),
        variances: [0.7488308406299239, 0.9882397784842588]),
    ]

    @Test("have the exact variance on Gaussian data", arguments: rows)
    func gaussian(row: Row) throws {
      let toy = GaussianToy(row.schedule, sign: row.sign)
      for (count, expected) in zip([10, 250], row.variances) {
        let found = try toy.variance(of: row.sampler, stepCount: count)
        #expect(abs(found - expected) < 1e-6, "N = \(count)")
      }
    }

    /// Heun, DDIM and the three posterior variances where a² + σ² is not 1, to four digits.
    ///
    /// The optimal variance is exact on Gaussian data, whatever the number of steps: it gives the
    /// data's variance.
    @Test(
      "keep their order of accuracy off the variance-preserving path",
      arguments: zip(
        [10, 20, 50],
        [
          [1.0205, 0.7610, 0.7078, 0.9381, 1], [1.0047, 0.8726, 0.8358, 0.9672, 1],
          [1.0007, 0.9470, 0.9284, 0.9865, 1],
        ]))
    func skewed(stepCount: Int, expected: [Double]) throws {
      let samplers: [Sampler] = [
        .heun, .ddim(eta: 0), .posterior(.lower), .posterior(.upper), .posterior(.optimal),
      ]
      for (sampler, variance) in zip(samplers, expected) {
        let found = try GaussianToy(.skewed).variance(of: sampler, stepCount: stepCount)
        #expect(abs(found - variance) < 5.01e-5, "\(sampler.name)")
      }
    }

    /// Against the NumPy figures for 4,000 samples; four standard errors of a rate near p.
    @Test(
      "find the points of a discrete distribution",
      arguments: [
        (Sampler.algorithm2Literal, 0.030), (.algorithm2Fixed, 0.985),
        (.posterior(.lower), 0.978), (.ddim(eta: 0), 0.976),
      ])
    func circle(sampler: Sampler, hitRate: Double) throws {
      let result = try CircleToy().result(of: sampler, stepCount: 10)
      let error = (2 * hitRate * (1 - hitRate) / 4000).squareRoot()
      #expect(abs(result.hitRate - hitRate) < 4 * error)
      if case .algorithm2Literal = sampler { return }
      #expect(result.rarest > 0.1)
      // With the wrong sign hardly a sample comes near.
      #expect(
        try CircleToy(sign: -1).result(of: sampler, stepCount: 10).hitRate < 0.1 || hitRate < 0.1)
    }

    @Test("every sampler but the inconsistent two converges on the discrete distribution")
    func convergence() throws {
      for sampler in Sampler.all where sampler != .algorithm2Literal {
        let result = try CircleToy().result(of: sampler, stepCount: 25, sampleCount: 400)
        #expect(result.hitRate > 0.97, "\(sampler.name)")
      }
    }

    /// E and Var of z at t − τ given z at t and x, by sampling the random walk forwards.
    @Test("the posterior of the random walk is the closed form")
    func posterior() throws {
      let step = SamplingStep(
        from: NoiseLevel(t: 0.9, sigmas: [0.9]), to: NoiseLevel(t: 0.5, sigmas: [0.5]))
      let (before, after, observed) = (0.7, 1.3, 1.5)  // f(x, t), f(x, t − τ), z at t
      var generator = Philox(seed: 1)
      let walk = step.lostVariance[0].squareRoot()
      var near: [Double] = []
      for _ in 0..<400_000 {
        let earlier = after + 0.5 * generator.normal()
        let later = earlier + before - after + walk * generator.normal()
        if abs(later - observed) < 0.02 { near.append(earlier) }
      }
      let mean = near.reduce(0, +) / Double(near.count)
      let variance = near.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(near.count)
      let noise = (observed - before) / 0.9
      let expected = observed - step.noiseWeight[0] * noise + (after - before)
      let deviation = step.posteriorVariance[0].squareRoot()
      #expect(abs(mean - expected) < 4 * deviation / Double(near.count).squareRoot())
      #expect(
        abs(variance / step.posteriorVariance[0] - 1) < 4 * (2 / Double(near.count)).squareRoot())
      #expect(abs(expected - 1.5469) < 1e-4)
    }

    /// Noise that can be replayed.
    private struct Replay: NoiseSource {
      var source: SampleNoise
      init(_ count: Int) {
        source = SampleNoise(seed: 3, samples: 0..<count, width: 2, device: .cpu)
      }
      mutating func next() throws -> Tensor { try source.next().to(.float64) }
    }

    private static let levels = (0...20).reversed().map { index in
      NoiseLevel(t: Double(index) / 20, sigmas: [Double(index) / 20])
    }

    private func run(_ sampler: Sampler) throws -> [Double] {
      var noise = Replay(50)
      return try sampler.run(
        noise.next(), through: Self.levels, denoiser: CircleToy(), noise: &noise
      ).elements(as: Double.self)
    }

    @Test("DDIM with η = 1 is the posterior with the lower variance, Algorithm 2 is not")
    func identities() throws {
      let reference = try run(.posterior(.lower))
      let ddim = try run(.ddim(eta: 1))
      #expect(zip(reference, ddim).allSatisfy { abs($0 - $1) < 1e-6 })
      for other in [Sampler.algorithm2Literal, .algorithm2Fixed] {
        #expect(try zip(reference, run(other)).contains { abs($0 - $1) > 0.1 })
      }
    }

    /// f(x, t) = x for all t: the variance-exploding process of equations 5 to 10.
    @Test("a mean that does not move gives the variance-exploding sampler")
    func varianceExploding() throws {
      struct Still: LatentDenoiser {
        func heads(_ states: Tensor, _ step: SamplingStep) throws -> DenoiserHeads {
          let sigma = step.from.sigma
          return DenoiserHeads(
            noise: try states * (sigma / (1 + sigma * sigma)), displacement: try states.zerosLike())
        }
        func slopes(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads {
          preconditionFailure("not needed")
        }
        func residualVariance(_ step: SamplingStep) throws -> [Double] { [0] }
      }
      var noise = Replay(20)
      let start = try noise.next() * 2.0.squareRoot()
      let found = try Sampler.posterior(.lower).run(
        start, through: Self.levels, denoiser: Still(), noise: &noise
      ).elements(as: Double.self)
      var states = try start.elements(as: Double.self)
      var replay = Replay(20)
      _ = try replay.next()
      for step in SamplingStep.through(Self.levels) {
        let (sigma, next) = (step.from.sigma, step.to.sigma)
        let draws = next > 0 ? try replay.next().elements(as: Double.self) : states
        states = zip(states, draws).map { state, draw in
          // Eq. 10 with the exact x̂ = z/(1 + σ²): μ̃ = (σ′²/σ²)·z + (1 − σ′²/σ²)·x̂.
          let ratio = next * next / (sigma * sigma)
          let mean = ratio * state + (1 - ratio) * state / (1 + sigma * sigma)
          return mean + (next * next * (1 - ratio)).squareRoot() * draw * (next > 0 ? 1 : 0)
        }
      }
      #expect(zip(states, found).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    @Test("a sample's noise depends on its index only, not on its batch")
    func batches() throws {
      func draws(_ range: Range<Int>) throws -> [[Float]] {
        var noise = SampleNoise(seed: 7, samples: range, width: 3, device: .cpu)
        return try (0..<4).map { _ in try noise.next().elements() }
      }
      let whole = try draws(0..<10)
      let parts = try [draws(0..<3), draws(3..<10)]
      for (index, step) in whole.enumerated() {
        #expect(step == parts[0][index] + parts[1][index])
      }
      #expect(whole[0] != whole[1])
    }

    @Test(
      "names are read back", arguments: Sampler.all + [0.5, 0.333, 0.001].map { .ddim(eta: $0) })
    func names(sampler: Sampler) { #expect(Sampler(name: sampler.name) == sampler) }

    @Test("grids fall from the start to a clean end", arguments: SamplingGrid.allCases)
    func grids(grid: SamplingGrid) throws {
      let store = ParameterStore(device: .cpu)
      let schedule = try NoiseSchedule(store.root, width: 1).frozen()
      for start in [1, 0.3] {
        let levels = grid.levels(25, from: start, schedule: schedule) {
          -log(schedule.level(at: $0).sigma)
        }
        #expect(levels.count == 26)
        #expect(levels.first?.t == start && levels.last?.isClean == true)
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $0.sigma > $1.sigma })
      }
      #expect(grid.levels(1, schedule: schedule) { 1 - $0 }.count == 2)
    }
  }

  @Suite("Frozen schedule") struct FrozenScheduleTests {
    @Test("agrees with the tensors, is inverted and has the right slope")
    func agreement() throws {
      try TorchRandom.seed(4)
      let store = ParameterStore(device: .cpu)
      let schedule = try NoiseSchedule(store.root, width: 3)
      let frozen = try withoutGradients {
        for entry in store.entries { try entry.tensor.addInPlace(entry.tensor.normalLike()) }
        return try schedule.frozen()
      }
      try frozen.expectAgreement(with: schedule, position: 1e-9, slope: 1e-5)
      #expect(frozen.level(at: 0).isClean && frozen.level(at: 1).sigmas == [1, 1, 1])
    }
  }
}
