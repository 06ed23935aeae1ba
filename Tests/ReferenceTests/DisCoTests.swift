import BenchSupport
import Datasets
import FoundationEssentials
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  @Suite("DisCo") struct DisCoTests {
    private static let dataset = Scenes3D()

    private static func context(latentCount: Int = 6) -> ModelContext {
      ModelContext(dataset: dataset, latentCount: latentCount, learningRate: 1e-3)
    }

    private static func generator(_ name: String) throws -> any ExplorableModel {
      try TorchRandom.seed(0)
      let model = try ModelSpecification(parsing: name).make(context())
      return try #require(model as? any ExplorableModel, "\(name)")
    }

    private static func disco(on name: String) throws -> DisCo {
      let generator = try generator(name)
      try TorchRandom.seed(1)
      return try DisCo(generator, context(), DisCo.Options())
    }

    private static func batch(_ model: any TrainableModel, size: Int = 4, step: Int = 1) throws
      -> TrainingBatch
    {
      let count = size * model.batchesPerStep
      let images = try ObservationSample(dataset, count: count, seed: 1)
        .images(count, on: model.store.device)
      return TrainingBatch(images: images, step: step, stepCount: 10, seed: 7)
    }

    private static func tensor(_ rows: [[Double]]) throws -> Tensor {
      try Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count])
    }

    // MARK: - The objective

    private static let queries: [[Double]] = [[3, 0, 4], [0, 1, 0]]
    private static let positives: [[Double]] = [[0, 0, 2], [1, 0, 0]]
    private static let negatives: [[Double]] = [[3, 0, 4], [0, 2, 0]]

    @Test("has the values of a worked example, with and without flipped targets")
    func example() throws {
      let queries = try DisCoObjective.normalized(Self.tensor(Self.queries))
      let cosines = try DisCoObjective.cosines(
        queries, DisCoObjective.normalized(Self.tensor(Self.positives)),
        DisCoObjective.normalized(Self.tensor(Self.negatives)))
      let expected = [0.8, 0.6, 1, 0, 0, 0, 0, 1]
      #expect(
        zip(try cosines.elements(as: Double.self), expected).allSatisfy { abs($0 - $1) < 1e-12 })
      for (flips, value) in [(true, 0.5259626), (false, 0.7759626)] {
        let found = try DisCoObjective.contrast(cosines, positiveCount: 2, flips: flips).item()
        #expect(abs(found - value) < 1e-6)
      }
      #expect(abs(try DisCoObjective.entropy(queries).item() - 1.0124392) < 1e-6)
    }

    @Test("has no gradient with regard to negatives, and one with regard to queries and positives")
    func negatives() throws {
      let rows = try [Self.queries, Self.positives, Self.negatives].map { rows in
        let tensor = try Self.tensor(rows) + 0.1
        try tensor.setRequiresGradient(true)
        return tensor
      }
      let parts = try rows.map { try DisCoObjective.normalized($0) }
      let cosines = try DisCoObjective.cosines(parts[0], parts[1], parts[2])
      let gradients = try DisCoObjective.contrast(cosines, positiveCount: 2).gradients(of: rows)
      #expect(gradients[2] == nil)
      for gradient in gradients.prefix(2) {
        #expect(try #require(gradient).abs().maximum().item() > 1e-3)
      }
    }

    /// log(1 + 1/e) for a positive of cosine 1 and for a negative that is its own target; log 2 for a negative of cosine 0.
    @Test(
      "is lower where all variations are the same than where those of other directions are at right angles"
    )
    func collapse() throws {
      let (same, apart) = try (
        Tensor.ones([4, 12], type: .float64),
        Tensor.concatenated(
          [Tensor.ones([4, 4], type: .float64), Tensor.zeros([4, 8], type: .float64)], dimension: 1)
      )
      for (cosines, value) in [(same, 0.3132617), (apart, 0.5665187)] {
        let found = try DisCoObjective.contrast(cosines, positiveCount: 4).item()
        #expect(abs(found - value) < 1e-6)
      }
    }

    /// Both images lie in one batch, whose places threads round differently.
    @Test("a shift of 0 changes nothing; a variation of 0 has the entropy of equal shares")
    func zeroShift() throws {
      let model = try Self.disco(on: "beta-vae")
      let starts = try Tensor.normal([3, 6])
      let differences = try model.differences(of: starts, shifted: starts)
      #expect(try differences.abs().maximum().item() < 1e-6)
      let variations = try DisCoObjective.normalized(Tensor.zeros(differences.shape))
      #expect(try variations.abs().maximum().item() == 0)
      #expect(abs(try DisCoObjective.entropy(variations).item() - 4.1588831) < 1e-3)
    }

    // MARK: - The directions

    @Test("are a rotation in the plane for a plane")
    func plane() throws {
      let angle = 0.7
      let found = try OrthogonalMatrix.rotation(Self.tensor([[0, angle], [0, 0]]))
      // cos 0.7 and sin 0.7.
      let (cosine, sine) = (0.7648421872844885, 0.644217687237691)
      #expect(
        zip(try found.elements(as: Double.self), [cosine, sine, -sine, cosine])
          .allSatisfy { abs($0 - $1) < 1e-12 })
    }

    /// The first row for W = sin(3i + 5j), by another program.
    @Test("are the matrix exponential")
    func exponential() throws {
      let weight = try Tensor(
        [
          0, -0.9589242746631385, -0.5440211108893698, 0.6502878401571168, 0.1411200080598672,
          0.9893582466233818, 0.4201670368266409, -0.7509872467716762, -0.27941549819892586,
          -0.9999902065507035, -0.2879033166650653, 0.8366556385360561, 0.4121184852417566,
          0.9906073556948704, 0.14987720966295234, -0.9055783620066238,
        ], shape: [4, 4])
      let row = try OrthogonalMatrix.rotation(weight).selected(0, 0).elements(as: Double.self)
      let expected = [0.611709, -0.06124426, -0.69771462, 0.36777106]
      #expect(zip(row, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(row)")
    }

    @Test("are orthonormal in single precision", arguments: [6, 128, 512])
    func orthonormal(size: Int) throws {
      try TorchRandom.seed(0)
      let matrix = try OrthogonalMatrix(ParameterStore(device: .cpu).root, size: size)()
      let product = try matrix.transposed(0, 1).matmul(matrix)
      let error = try (product - Tensor.identity(size)).abs().maximum().item()
      #expect(error < 1e-5, "\(error)")
    }

    @Test("the gradient of a function of them is antisymmetric")
    func antisymmetric() throws {
      let model = try Self.disco(on: "beta-vae")
      let weight = try #require(
        model.store.entries.first { $0.name == "directions.weight" }
      ).tensor
      let loss = try model.losses(Self.batch(model))[0].value
      let gradient = try #require(try loss.gradients(of: [weight])[0])
      let size = try gradient.abs().maximum().item()
      #expect(size > 0)
      #expect(try (gradient + gradient.transposed(0, 1)).abs().maximum().item() < 1e-5 * size)
    }

    // MARK: - The stage

    @Test(
      "has the paper's numbers of parameters with its encoder and 64 codes",
      arguments: [(Scenes3D() as any ImageDataset, 3_893_952), (Sprites2D(), 3_887_680)])
    func parameters(dataset: any ImageDataset, count: Int) throws {
      let context = ModelContext(dataset: dataset, latentCount: 512, learningRate: 1e-3)
      let model = try ModelSpecification(parsing: "beta-vae").make(context)
      var options = DisCo.Options()
      options.encoder = .paper
      let disco = try DisCo(
        try #require(model as? any ExplorableModel), context, options)
      #expect(disco.store.parameterCount == count + 262_144)
    }

    @Test("is what all models have whose images are a function of latents")
    func stages() throws {
      for definition in ModelCatalog.all {
        let model = try ModelSpecification(definition).make(Self.context())
        let hasStage = definition.laterStages.contains { $0.name == "disco" }
        #expect(hasStage == (model is any ExplorableModel), "\(definition.name)")
      }
    }

    @Test("what the last layer adds, and its scale, do not matter")
    func lastLayer() throws {
      let model = try Self.disco(on: "beta-vae")
      let batch = try Self.batch(model)
      func loss() throws -> Double {
        try TorchRandom.seed(3)
        return try withoutGradients { try model.losses(batch)[0].value.item() }
      }
      func parameter(_ name: String) throws -> Tensor {
        try #require(model.store.entries.first { $0.name == "encoder.mean.\(name)" }).tensor
      }
      let before = try loss()
      // Four rounds nothing; a hundredth is small beside the codes, of whose differences it leaves rounding.
      try withoutGradients { try parameter("weight").multiplyInPlace(4) }
      #expect(abs(try loss() - before) < 1e-6)
      try withoutGradients {
        try parameter("bias").addInPlace(parameter("bias").onesLike(), scale: 0.01)
      }
      #expect(abs(try loss() - before) < 1e-3)
    }

    private static let names = [
      "beta-vae", "factor-vae", "mr-vae", "multi-beta-vae", "multi-beta-vae-diag-x", "infogan-cr",
      "gan",
    ]

    private static func train(
      _ model: any TrainableModel, in folder: String, stopAfter: Int = .max
    ) throws {
      let trainer = try Trainer(
        model, named: DisCo.name, dataset: dataset,
        plan: TrainingPlan(
          stepCount: 3, batchSize: 4, seed: 0, checkpointInterval: 1000, logInterval: 1),
        folder: folder, context: .null, isQuiet: true)
      try trainer.train(stoppingAfter: stopAfter)
    }

    private static func elements(_ store: ParameterStore) throws -> [[Float]] {
      try store.state.map { try $0.tensor.elements() }
    }

    @Test(
      "ends with the same bits after an interruption, and leaves the generator alone",
      arguments: names)
    func resume(name: String) throws {
      let folder = try TemporaryFolder()
      let generator = try Self.generator(name)
      let trainable = try #require(generator as? any TrainableModel)
      let before = try Self.elements(trainable.store)
      func fresh() throws -> DisCo {
        try TorchRandom.seed(1)
        return try DisCo(generator, Self.context(), DisCo.Options())
      }
      let start = try Self.elements(fresh().store)
      var ends: [[[Float]]] = []
      for (part, stops) in [("whole", [Int.max]), ("parts", [2, .max])] {
        let path = "\(folder.path)/\(part)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var model = try fresh()
        for stop in stops {
          if stops.count > 1 && stop == .max {
            model = try fresh()
            try TorchRandom.seed(99)
          }
          try Self.train(model, in: path, stopAfter: stop)
        }
        ends.append(try Self.elements(model.store))
      }
      #expect(ends[0] == ends[1])
      #expect(zip(ends[0], start).allSatisfy { $0 != $1 })
      #expect(try Self.elements(trainable.store) == before)
    }

    @Test("a parameter that is not finite shows in the loss", arguments: ["beta-vae", "gan"])
    func notFinite(name: String) throws {
      let model = try Self.disco(on: name)
      let batch = try Self.batch(model)
      func isFinite() throws -> Bool {
        try withoutGradients { try model.losses(batch)[0].value.item().isFinite }
      }
      #expect(try isFinite())
      for entry in model.store.entries where entry.isTrainable {
        let whole = try withoutGradients { try entry.tensor.detached().cloned() }
        try withoutGradients { try entry.tensor.multiplyInPlace(.nan) }
        #expect(try !isFinite(), "\(entry.name)")
        try withoutGradients { try entry.tensor.copyInPlace(whole) }
      }
    }

    // MARK: - Learning

    /// The share of variations, of shifts that no step has seen, whose direction is the one whose other variations are
    /// nearest on average.
    private static func recognised(_ model: DisCo, of directionCount: Int) throws -> Double {
      try withoutGradients {
        try TorchRandom.seed(5)
        let (matrix, count) = (try model.matrix(), 64)
        let variations = try (0..<directionCount).map { direction in
          let starts = try Tensor.normal([2 * count, directionCount])
          let sizes = try Tensor.normal([2 * count, 1]) * 2
          let shifts = try matrix.selected(1, direction).unsqueezed(0) * sizes
          return try DisCoObjective.normalized(
            model.differences(of: starts, shifted: starts + shifts))
        }
        let means = try Tensor.stacked(
          variations.map { try $0.narrowed(0, start: 0, count: count).mean([0]) })
        let hits = try variations.enumerated().map { direction, rows in
          let others = try rows.narrowed(0, start: count, count: count)
          let nearest = try others.matmul(means.transposed(0, 1)).argmax(1).elements(as: Int64.self)
          return nearest.filter { $0 == Int64(direction) }.count
        }
        return Double(hits.reduce(0, +)) / Double(count * directionCount)
      }
    }

    /// A picture of four quarters, each as bright as one number says.
    private final class Quarters: ExplorableModel {
      let latentCount = 4

      func points() throws -> [RepresentationPoint] { [RepresentationPoint(label: "quarters")] }

      func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
        preconditionFailure("nothing is encoded")
      }

      func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
        try latents.sigmoid().reshaped([-1, 1, 2, 2]).upsampledNearest(to: [64, 64])
          .expanded([-1, 3, 64, 64])
      }
    }

    /// Four directions that begin as a random rotation: of 256 variations an untrained encoder of sixteen numbers takes a
    /// dozen for those of other directions.
    @Test("learns to tell along which direction an image was shifted")
    func learns() throws {
      let folder = try TemporaryFolder()
      try TorchRandom.seed(1)
      var options = DisCo.Options()
      options.learningRate = 1e-3
      options.codeCount = 16
      let model = try DisCo(Quarters(), Self.context(latentCount: 4), options)
      let before = try Self.recognised(model, of: 4)
      _ = try Trainer(
        model, named: DisCo.name, dataset: Self.dataset,
        plan: TrainingPlan(stepCount: 200, batchSize: 16, seed: 0), folder: folder.path,
        context: .null, isQuiet: true
      ).train { false }
      let after = try Self.recognised(model, of: 4)
      #expect(1 - before > 0.02 && 1 - after < 0.25 * (1 - before), "\(after), untrained \(before)")
    }
  }
}
