import BenchSupport
import Datasets
import FoundationEssentials
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  @Suite("Passes of a step") struct PassesTests {
    /// Two numbers, each with its own optimiser: the second is drawn to the first, which grows.
    private final class Pair: TrainableModel {
      let store = ParameterStore(device: .cpu)
      let first: Tensor
      let second: Tensor
      /// What the second pass of a step saw of the first number.
      private(set) var seen: [Double] = []
      private let badPass: Int?
      private let restarts: Bool

      init(badPass: Int? = nil, restarts: Bool = false) throws {
        self.badPass = badPass
        self.restarts = restarts
        first = try store.root.parameter("first", shape: [1], .constant(1))
        second = try store.root.parameter("second", shape: [1], .constant(0))
      }

      let optimizerGroups = ["first", "second"].map { name in
        OptimizerGroup(name: name, options: Adam.Options(learningRate: 0.1)) { $0 == name }
      }

      func passes(at step: Int, of stepCount: Int) -> [[String]] {
        [["first"], ["second"], ["second"]]
      }

      func restart(at step: Int, of stepCount: Int) throws -> [String] {
        guard restarts, step == 2 else { return [] }
        try second.copyInPlace(Tensor.uniform([1]))
        return ["second"]
      }

      func losses(_ batch: TrainingBatch) throws -> [Loss] {
        let factor = batch.step == 1 && batch.pass == badPass ? Double.nan : 1
        guard batch.pass > 0 else { return [Loss(try first.sum() * -factor, terms: [])] }
        if batch.pass == 1 { seen.append(try first.item()) }
        let distance = try (second - first.detached()).squared().sum()
        return [Loss(try distance * factor, terms: [])]
      }
    }

    @discardableResult
    private static func train(
      _ model: Pair, steps: Int = 3, in folder: String, stopAfter: Int = .max
    ) throws -> [[Float]] {
      let trainer = try Trainer(
        model, named: "pair", dataset: Scenes3D(),
        plan: TrainingPlan(stepCount: steps, batchSize: 1, seed: 0), folder: folder,
        context: .null, isQuiet: true)
      try trainer.train(stoppingAfter: stopAfter)
      return try [model.first, model.second].map { try $0.elements() }
    }

    /// Adam's steps of a constant gradient are the learning rate: the first number is 1.1, 1.2, 1.3.
    @Test("see what the one before has moved, and move their own group only")
    func order() throws {
      let folder = try TemporaryFolder()
      let model = try Pair()
      try Self.train(model, in: folder.path)
      #expect(zip(model.seen, [1.1, 1.2, 1.3]).allSatisfy { abs($0 - $1) < 1e-5 })
      let moments = try SafetensorsFile(path: "\(folder.path)/checkpoint/optimizer.safetensors")
      #expect(try moments.tensor("first.step").item() == 3)
      #expect(try moments.tensor("second.step").item() == 6)
    }

    @Test(
      "of a bad step move nothing from the bad one on, and count it once",
      arguments: [(0, 2, 4), (1, 3, 4), (2, 3, 5)])
    func bad(pass: Int, firstSteps: Int, secondSteps: Int) throws {
      let folder = try TemporaryFolder()
      try Self.train(Pair(badPass: pass), in: folder.path)
      let checkpoint = try Checkpoint(folder: "\(folder.path)/checkpoint")
      #expect(checkpoint.state.skippedStepCount == 1)
      #expect(try checkpoint.optimizer.tensor("first.step").item() == Double(firstSteps))
      #expect(try checkpoint.optimizer.tensor("second.step").item() == Double(secondSteps))
    }

    @Test("a group that starts again forgets its moments, also after an interruption before it")
    func restart() throws {
      let folder = try TemporaryFolder()
      var ends: [[[Float]]] = []
      for (name, stops) in [("whole", [Int.max]), ("parts", [2, .max])] {
        let path = "\(folder.path)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for stop in stops {
          try TorchRandom.seed(stop == .max && stops.count > 1 ? 9 : 4)
          let end = try Self.train(Pair(restarts: true), steps: 4, in: path, stopAfter: stop)
          if stop == .max { ends.append(end) }
        }
        let moments = try SafetensorsFile(path: "\(path)/checkpoint/optimizer.safetensors")
        #expect(try moments.tensor("second.step").item() == 4)
        #expect(try moments.tensor("first.step").item() == 4)
      }
      #expect(ends[0] == ends[1])
    }
  }
}
