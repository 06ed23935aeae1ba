import BenchSupport
import Datasets
import FoundationEssentials
import Glibc
import MessagePassing
import Reference
import TestSupport
import Testing
import Torch

@Suite("Shares of a batch") struct BatchShardTests {
  @Test("cover the batch once", arguments: [(12, 1, 1), (12, 3, 1), (12, 3, 2), (64, 4, 8)])
  func cover(batchSize: Int, processCount: Int, partCount: Int) {
    let rows = (0..<processCount).map {
      BatchShard.rows(
        ofBatch: batchSize, partCount: partCount, group: ProcessGroup(rank: $0, size: processCount))
    }
    #expect(rows.allSatisfy { $0.count == batchSize / processCount })
    #expect(rows.joined().sorted() == Array(0..<batchSize))
  }

  @Test("are slices of every part")
  func parts() {
    let rows = BatchShard.rows(ofBatch: 12, partCount: 3, group: ProcessGroup(rank: 1, size: 2))
    #expect(rows == [2, 3, 6, 7, 10, 11])
  }

  @Test("one process keeps all of a batch, whose parts may differ in size")
  func alone() {
    #expect(BatchShard.rows(ofBatch: 7, partCount: 3, group: .alone) == Array(0..<7))
    #expect(BatchShard(batchSize: 7).rows == 0..<7)
  }
}

@Suite("Gradient buckets") struct GradientBucketTests {
  @Test("hold runs of parameters up to their capacity, or one that is larger")
  func ranges() {
    #expect(
      GradientBuckets.ranges([3, 3, 3, 20, 1, 1], capacity: 6) == [0..<2, 2..<3, 3..<4, 4..<6])
    #expect(GradientBuckets.ranges([5], capacity: 2) == [0..<1])
    #expect(GradientBuckets.ranges([], capacity: 2).isEmpty)
  }
}

extension TorchSuites {
  @Suite("Data-parallel training") struct DataParallelTests {
    private static let dataset = Scenes3D()

    private static func model(_ name: String) throws -> ModelDefinition.Model {
      try TorchRandom.seed(0)
      let context = ModelContext(dataset: dataset, latentCount: 10, learningRate: 1e-3)
      return try ModelSpecification(parsing: name).make(context)
    }

    @Test("buckets give gradients back as they were, also channels-last ones")
    func roundTrip() throws {
      let gradients = try [
        Tensor.normal([4, 3, 2, 2]).channelsLast(), Tensor.normal([5]), Tensor.normal([2, 3]),
      ]
      let before = try gradients.map { try $0.elements() }
      try GradientBuckets(gradients, over: .alone, capacity: 20).average(gradients)
      #expect(try gradients.map { try $0.elements() } == before)
    }

    @Test("elements of a bucket are the tensors' in memory")
    func bucket() throws {
      let tensors = [try Tensor([1, 2] as [Float], shape: [2]), try Tensor.full([1, 2], 3)]
      let bucket = try TensorBucket(like: tensors)
      try bucket.load(tensors)
      try bucket.elements.withElements { elements in
        #expect(Array(elements) == [1, 2, 3, 3])
        elements[1] = 7
      }
      try bucket.store(in: tensors)
      #expect(try tensors[0].elements() == [1, 7] as [Float])
    }

    /// What processes would average is what one computes.
    @Test(
      "losses and gradients of shares average to those of the batch",
      arguments: ["beta-vae", "multi-beta-vae", "multi-beta-vae-diag", "multi-beta-vae-diag-x"])
    func shares(name: String) throws {
      try Self.checkShares(of: Self.model(name))
    }

    @Test("so do those of the second stage")
    func secondStage() throws {
      guard let autoencoder = try Self.model("multi-beta-vae") as? MultiBetaVAE else {
        Issue.record("multi-beta-vae is another model")
        return
      }
      var options = DiffusionOptions()
      options.noisesPerImage = 2
      try Self.checkShares(of: LatentDiffusion(autoencoder, options))
    }

    /// Whether two halves of a batch, as two processes have them, give the losses and gradients of the whole.
    static func checkShares(of model: any TrainableModel) throws {
      #expect(model.isDataParallel)
      let images = try ObservationSample(dataset, count: 8, seed: 0).images(8, on: .cpu)
      let halves = try (0..<2).map { rank in
        let group = ProcessGroup(rank: rank, size: 2)
        return try PartialBatch(model, images, BatchShard(batchSize: 8, group: group))
      }
      try PartialBatch(model, images, BatchShard(batchSize: 8)).expectMeans(of: halves)
    }

    private static func trainer(_ name: String, batchSize: Int, partCount: Int? = nil) throws {
      let folder = try TemporaryFolder()
      _ = try Trainer(
        model(name), named: name, dataset: dataset,
        plan: TrainingPlan(stepCount: 1, batchSize: batchSize, seed: 0, partCount: partCount),
        folder: folder.path, context: .null, isQuiet: true, group: ProcessGroup(rank: 1, size: 3))
    }

    @Test(
      "models whose loss needs the whole batch are refused",
      arguments: ["factor-vae", "beta-tcvae", "dip-vae-i", "dip-vae-ii", "info-vae"])
    func refused(name: String) {
      let error = TrainingError.notDataParallel(model: name, processCount: 3)
      #expect(throws: error) { try Self.trainer(name, batchSize: 63) }
      #expect("\(error)".hasPrefix("'\(name)' is not data-parallel: "))
    }

    @Test("a batch that the processes cannot share equally is refused")
    func uneven() {
      #expect(
        throws: TrainingError.badConfiguration(
          what: "batch size", expected: "a multiple of 3 (3 processes)", found: "64")
      ) { try Self.trainer("beta-vae", batchSize: 64) }
      #expect(
        throws: TrainingError.badConfiguration(
          what: "batch size", expected: "a multiple of 6 (3 processes × 2 parts)", found: "63")
      ) { try Self.trainer("beta-vae", batchSize: 63, partCount: 2) }
    }

    @Test("one graphics processor for several processes is refused with what to do")
    func device() {
      #expect("\(TrainingError.severalProcesses(onDevice: "cuda:1"))".contains("use --device cuda"))
    }

    /// NCCL's stand-in, which sums as if the other process had passed the same.
    private static func devices() throws -> DeviceGroup {
      try DeviceGroup(
        rank: 0, size: 2, library: "\(ProgramLocation.folder)/libCNCCLStandIn.so"
      ) { $0 }
    }

    @Test("gradients on graphics processors are averaged there, and nobody waits")
    func averagesOnDevices() throws {
      let standIn = try StandInDevice.shared()
      let group = ProcessGroup(rank: 0, size: 2)
      let gradients = try [
        Tensor.normal([4, 3, 2, 2]).channelsLast(), Tensor.normal([5]), Tensor.normal([2, 3]),
      ].map { try $0.to(standIn.device) }
      let before = try gradients.map { try $0.elements() }
      let calls = try NCCLCalls()
      do {
        let buckets = try GradientBuckets(
          gradients, over: group, devices: Self.devices(), capacity: 50)
        let traffic = standIn.traffic
        try buckets.average(gradients)
        #expect(standIn.traffic == traffic)
      }
      #expect(try gradients.map { try $0.elements() } == before)
      // 7 is NCCL's number for single precision and 0 that for sums; 0x100 is the stand-in's queue.
      #expect(
        calls.new() == [
          "id", "join 0 of 2, id of 7s", "sum 48 numbers, type 7, operation 0, stream 0x100",
          "sum 11 numbers, type 7, operation 0, stream 0x100", "leave",
        ])
    }

    @Test(
      "a step of several graphics processors is that of one with the same gradients",
      arguments: ["beta-vae", "multi-beta-vae"])
    func stepsOnDevices(name: String) throws {
      let standIn = try StandInDevice.shared()
      func parameters(_ group: ProcessGroup, _ devices: DeviceGroup?) throws -> [[Float]] {
        try TorchRandom.seed(0)
        let model = try ModelSpecification(parsing: name).make(
          ModelContext(
            dataset: Self.dataset, latentCount: 4, learningRate: 1e-3, device: standIn.device))
        let optimizers = try TrainingOptimizers(model, group: group, devices: devices)
        let images = try ObservationSample(Self.dataset, count: 4, seed: 0)
          .images(4, on: standIn.device)
        let reads = standIn.traffic.reads
        for step in 0..<2 {
          _ = try optimizers.step(
            model, TrainingBatch(images: images, step: step, stepCount: 2, seed: 0),
            TrainingPlan(stepCount: 2, batchSize: 4, seed: 0))
        }
        #expect(standIn.traffic.reads == reads, "a step waits for the device")
        return try model.store.state.map { try $0.tensor.elements() }
      }
      let alone = try parameters(.alone, nil)
      #expect(try parameters(ProcessGroup(rank: 0, size: 2), Self.devices()) == alone)
    }

    @Test("without NCCL, what is missing is said with what to do")
    func withoutNCCL() throws {
      // A library that is loaded stays; in another process this would be the first.
      let message = ProcessGroupError.noNCCL(reason: "libnccl.so.2: cannot open").description
      #expect(message.contains("BENCH_NCCL") && message.contains("--device cpu"))
    }
  }
}

/// What the stand-in for NCCL was asked.
private struct NCCLCalls {
  private let text: @convention(c) () -> UnsafePointer<CChar>
  private let before: Int

  init() throws {
    let path = "\(ProgramLocation.folder)/libCNCCLStandIn.so"
    let library = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL), "no \(path)")
    let symbol = try #require(dlsym(library, "nccl_stand_in_calls"))
    text = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>).self)
    before = strlen(text())
  }

  /// Everything since this value was made, call by call.
  func new() -> [String] {
    String(cString: text() + before).split(separator: "\n").map(String.init)
  }
}
