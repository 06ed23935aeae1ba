import BenchSupport
import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Torch

@Suite("libtorch", .sharingTorch) struct LibtorchTests {
  @Test("is loaded without a change to the environment of the process")
  func environment() throws {
    _ = try Libtorch.version()
    // What the process was started with, whatever has been set since.
    let atStart = try Data(contentsOf: URL(filePath: "/proc/self/environ"))
      .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    let now = ProcessInfo.processInfo.environment
    for name in ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"] {
      let before = atStart.first { $0.hasPrefix("\(name)=") }
      #expect(now[name].map { "\(name)=\($0)" } == before)
    }
  }
}

@Suite("Devices") struct DeviceTests {
  /// No machine has so many.
  @Test("graphics processors have a name, also where no driver gives them one")
  func names() {
    #expect(Device.cpu.graphicsProcessor == nil)
    #expect(Device.cuda(1000).graphicsProcessor == "cuda:1000")
    #expect(Device.cuda(.max).graphicsProcessor == "cuda:\(Int.max)")
  }
}

@Suite("Tensor", .sharingTorch) struct TensorTests {
  @Test("an upload to a device goes beside its work, which waits for it")
  func upload() throws {
    let standIn = try StandInDevice.shared()
    let (traffic, waits) = (standIn.traffic, standIn.waitCount)
    let tensor = try Tensor.uploaded(
      [1, 2, 3, 4, 5, 6] as [UInt8], shape: [2, 3], to: standIn.device)
    #expect(tensor.device == standIn.device && tensor.shape == [2, 3] && tensor.dataType == .uint8)
    #expect(standIn.traffic.uploads == traffic.uploads + 1)
    #expect(standIn.waitCount == waits + 1)
    #expect(try tensor.elements(as: UInt8.self) == [1, 2, 3, 4, 5, 6])
    #expect(
      try Tensor.uploaded([1.5] as [Float], shape: [1], to: .cpu).elements() == [1.5] as [Float])
  }

  @Test("a wrong shape names the operator, the shapes and libtorch's message")
  func wrongShape() throws {
    let left = try Tensor.zeros([2, 3])
    let error = #expect(throws: TorchError.self) { try left.matmul(left) }
    guard case .operatorFailed(let name, let arguments, let message) = error else {
      Issue.record("unexpected \(String(describing: error))")
      return
    }
    #expect(name == "matmul")
    #expect(arguments == "[2, 3], [2, 3]")
    #expect(message.contains("2x3 and 2x3"))
  }

  @Test("elements come back in row-major order whatever the layout in memory")
  func layouts() throws {
    let elements = (0..<48).map { Float($0) }
    let tensor = try Tensor(elements, shape: [2, 3, 2, 4]).channelsLast()
    #expect(try tensor.elements() == elements)
    #expect(try tensor.permuted([3, 2, 1, 0]).permuted([3, 2, 1, 0]).elements() == elements)
  }

  @Test("operations of products and convolutions are counted, forward and backward")
  func operations() throws {
    let (left, right) = (try Tensor.ones([8, 16]), try Tensor.ones([16, 4]))
    #expect(try Libtorch.operations { _ = try left.matmul(right) + 1 } == 2 * 8 * 16 * 4)
    let images = try Tensor.ones([2, 3, 8, 8])
    let (weight, transposed) = (try Tensor.ones([5, 3, 4, 4]), try Tensor.ones([3, 5, 4, 4]))
    // Sixteen places of the smaller side for each of two images, whatever the direction.
    let once = 2 * 2 * 16 * weight.count
    #expect(
      try Libtorch.operations {
        _ = try images.convolution(weight, bias: nil, stride: [2, 2], padding: [1, 1])
      } == once)
    let small = try Tensor.ones([2, 3, 4, 4])
    #expect(
      try Libtorch.operations {
        _ = try small.transposedConvolution(
          transposed, bias: nil, stride: [2, 2], padding: [1, 1])
      } == once)
    // The images need no gradient: one pass back, not two.
    try weight.setRequiresGradient(true)
    #expect(
      try Libtorch.operations {
        try images.convolution(weight, bias: nil, stride: [2, 2], padding: [1, 1]).sum().backward()
      } == 2 * once)
    try images.setRequiresGradient(true)
    #expect(
      try Libtorch.operations {
        try images.convolution(weight, bias: nil, stride: [2, 2], padding: [1, 1]).sum().backward()
      } == 3 * once)
    #expect(try Libtorch.operations { _ = try left + 1 } == 0)
    // A fused layer, alone and added to another tensor of fewer rows than the weight has.
    let layer = FusedLinear(weight: try Tensor.ones([16, 4]), bias: nil)
    let rows = try Tensor.ones([8, 4])
    let product = 2 * 8 * 16 * 4
    #expect(try Libtorch.operations { _ = try layer(rows) } == product)
    let other = try Tensor.ones([8, 16])
    #expect(try Libtorch.operations { _ = try layer(rows, addedTo: other) } == product)
  }

  @Test("derivatives of a composite agree with the formula")
  func derivatives() throws {
    let x = try Tensor([0.5, -1, 2] as [Double], shape: [3])
    try x.setRequiresGradient(true)
    let gradients = try (x.squared() * x.sigmoid()).sum().gradients(of: [x])
    let found = try #require(gradients[0]).elements(as: Double.self)
    for (value, derivative) in zip([0.5, -1, 2], found) {
      let s = 1 / (1 + exp(-value))
      #expect(abs(derivative - (2 * value * s + value * value * s * (1 - s))) < 1e-12)
    }
  }

  @Test("no graph is recorded where gradients are off")
  func gradientMode() throws {
    let x = try Tensor.ones([2])
    try x.setRequiresGradient(true)
    let y = try withoutGradients { try x * 2 }
    #expect(!y.requiresGradient)
    #expect(try (x * 2).requiresGradient)
  }

  @Test("the generator continues from a saved state")
  func generator() throws {
    try TorchRandom.seed(3)
    _ = try Tensor.normal([5])
    let state = try TorchRandom.state(of: .cpu)
    let first = try Tensor.normal([64]).elements()
    try TorchRandom.setState(state, of: .cpu)
    #expect(try Tensor.normal([64]).elements() == first)
  }

  @Test("an unknown device is refused by name")
  func devices() throws {
    #expect(try Device(named: "cpu") == .cpu)
    #expect(throws: TorchError.self) { try Device(named: "tpu") }
    #expect(throws: TorchError.self) { try Device(named: "cuda:x") }
  }
}

@Suite("Numbers that are not finite", .sharingTorch) struct NotFiniteTests {
  /// A large one, so that vectorised and threaded kernels run.
  private static func input(_ value: Float, channelsLast: Bool) throws -> Tensor {
    var elements = (0..<2 * 8 * 40 * 40).map { Float($0 % 17) - 8 }
    for place in stride(from: 1611, to: elements.count, by: 3200) { elements[place] = value }
    let tensor = try Tensor(elements, shape: [2, 8, 40, 40])
    return channelsLast ? try tensor.channelsLast() : tensor
  }

  private static let operators: [(String, @Sendable (Tensor) throws -> Tensor)] = [
    ("relu", { try $0.relu() }), ("relu in place", { try $0.cloned().reluInPlace() }),
    ("leaky relu", { try $0.leakyRelu(slope: 0.2) }), ("silu", { try $0.silu() }),
    ("gelu", { try $0.gelu() }), ("softplus", { try $0.softplus() }),
    ("sigmoid", { try $0.sigmoid() }), ("tanh", { try $0.tanh() }),
    ("log sigmoid", { try $0.logSigmoid() }), ("absolute", { try $0.abs() }),
    ("clamp", { try $0.clamped(from: 0, to: 1) }), ("clamp from", { try $0.clamped(from: 1e-6) }),
    ("clamp to", { try $0.clamped(to: 1) }), ("round", { try $0.rounded() }),
    ("maximum pool", { try $0.maxPool(kernel: 3, stride: 2) }),
    ("padded maximum pool", { try $0.maxPool(kernel: 3, stride: 1, padding: 1) }),
    (
      "average pool", { try $0.averagePool(kernel: 3, stride: 1, padding: 1, countsPadding: false) }
    ),
    ("adaptive pool", { try $0.averagePool(toSize: [5, 5]) }),
    ("maximum", { try $0.maximum([2, 3]) }), ("minimum", { try $0.minimum([2, 3]) }),
    ("mean", { try $0.mean([2, 3]) }), ("softmax", { try $0.softmax(3) }),
    ("group norm", { try $0.groupNorm(groups: 4, weight: nil, bias: nil) }),
    ("layer norm", { try $0.layerNorm(shape: [40], weight: nil, bias: nil) }),
    ("nearest", { try $0.upsampledNearest(to: [80, 80]) }),
    ("bilinear", { try $0.upsampledBilinear(to: [80, 80]) }),
    ("norm", { try $0.norm() }),
    ("convolution", { try $0.convolution(Tensor.ones([4, 8, 3, 3]), bias: nil) }),
    ("transposed", { try $0.transposedConvolution(Tensor.ones([8, 4, 3, 3]), bias: nil) }),
    ("linear", { try $0.linear(Tensor.ones([3, 40]), bias: nil) }),
    ("linear by zero", { try $0.linear(Tensor.zeros([3, 40]), bias: nil) }),
  ]

  @Test("NaN stays NaN in every operator of the networks", arguments: [false, true])
  func operators(channelsLast: Bool) throws {
    let input = try Self.input(.nan, channelsLast: channelsLast)
    for (name, function) in Self.operators {
      let output = try withoutGradients { try function(input) }
      #expect(try output.elements().contains { $0.isNaN }, "\(name)")
    }
  }

  /// A fused convolution of eight channels, with a value in one of its filters or biases.
  private static func convolution(
    kernel: Int = 3, weight: Float? = nil, bias: Float? = nil
  ) throws -> FusedConvolution {
    var random = Philox(seed: 4)
    var weights = random.normals(16 * 8 * kernel * kernel)
    var biases = random.normals(16)
    if let weight {
      for index in 0..<kernel * kernel { weights[24 * kernel * kernel + index] = weight }
    }
    if let bias { biases[2] = bias }
    return try FusedConvolution(
      weight: Tensor(weights, shape: [16, 8, kernel, kernel]), bias: Tensor(biases, shape: [16]),
      padding: [kernel / 2, kernel / 2])
  }

  @Test("a fused convolution does not make numbers of NaN and infinities", arguments: [1, 3])
  func fusedConvolution(kernel: Int) throws {
    func output(_ convolution: FusedConvolution, _ input: Tensor) throws -> [Float] {
      try withoutGradients {
        try convolution(BoundedTensor(measuring: input)).tensor.elements()
      }
    }
    let plain = try Self.input(0, channelsLast: true)
    for value in [Float.nan, .infinity, -.infinity] {
      #expect(
        try output(Self.convolution(kernel: kernel), Self.input(value, channelsLast: true))
          .contains { !$0.isFinite }, "input \(value)")
      #expect(
        try output(Self.convolution(kernel: kernel, weight: value), plain)
          .contains { !$0.isFinite }, "weight \(value)")
    }
    #expect(
      try output(Self.convolution(kernel: kernel, bias: .nan), plain).contains(where: \.isNaN))
    // Finite numbers whose sums are not: of both signs, so that NaN comes out.
    let large = try withoutGradients { try plain * 1e20 }
    #expect(
      try output(Self.convolution(kernel: kernel, weight: 1e30), large).contains { !$0.isFinite })
  }

  @Test("a fused convolution equals libtorch's, whether its sums are bounded or not")
  func fusedValues() throws {
    let input = try Self.input(3, channelsLast: true)
    var random = Philox(seed: 4)
    let weight = try Tensor(random.normals(16 * 8 * 9), shape: [16, 8, 3, 3])
    let bias = try Tensor(random.normals(16), shape: [16])
    // In units in which sums stay small, and in such that they leave the bound but not the type.
    for unit in [1, 1e31] {
      try withoutGradients {
        let input = try BoundedTensor(measuring: input * unit)
        let fused = try Self.convolution()(input)
        let expected = try input.tensor.convolution(weight, bias: bias, padding: [1, 1]).relu()
        let (found, wanted) = (try fused.tensor.elements(), try expected.elements())
        let largest = wanted.reduce(0) { Swift.max($0, $1) }
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-5 * largest }, "\(unit)")
        #expect(found.contains(0) && found.allSatisfy { Double($0) <= fused.bound })
      }
    }
  }

  /// The layers of ``fusedLinear(activation:)`` in single precision, which is fused, and in double precision.
  private static func linear(
    _ activation: FusedLinear.Activation, weight value: Float? = nil
  ) throws -> (fused: FusedLinear, plain: FusedLinear) {
    var random = Philox(seed: 6)
    var weights = random.normals(48 * 40)
    if let value { weights[100] = value }
    let weight = try Tensor(weights, shape: [48, 40])
    let bias = try Tensor(random.normals(48), shape: [48])
    return (
      FusedLinear(weight: weight, bias: bias, activation: activation),
      try FusedLinear(
        weight: weight.to(.float64), bias: bias.to(.float64), activation: activation)
    )
  }

  @Test(
    "a fused layer equals libtorch's operators, for another number of rows too",
    arguments: [FusedLinear.Activation.none, .gelu, .silu])
  func fusedLinear(activation: FusedLinear.Activation) throws {
    let (fused, plain) = try Self.linear(activation)
    var random = Philox(seed: 7)
    for rows in [30, 1, 7] {
      let input = try Tensor(random.normals(2 * rows * 40), shape: [2, rows, 40])
      let other = try Tensor(random.normals(2 * rows * 48), shape: [2, rows, 48])
      try withoutGradients {
        func compare(_ found: Tensor, _ wanted: Tensor) throws {
          #expect(found.shape == [2, rows, 48])
          let pairs = zip(try found.elements() as [Float], try wanted.elements() as [Float])
          #expect(pairs.allSatisfy { abs($0 - $1) < 1e-4 }, "\(rows) rows")
        }
        try compare(fused(input), plain(input.to(.float64)))
        guard activation == .none else { return }
        try compare(
          fused(input, addedTo: other), plain(input.to(.float64), addedTo: other.to(.float64)))
      }
    }
  }

  @Test(
    "a fused layer does not make numbers of NaN and infinities",
    arguments: [FusedLinear.Activation.none, .gelu, .silu])
  func fusedLinearOfNaN(activation: FusedLinear.Activation) throws {
    for value in [Float.nan, .infinity, -.infinity] {
      try withoutGradients {
        let input = try Self.input(value, channelsLast: false)
        let found: [Float] = try Self.linear(activation).fused(input).elements()
        #expect(found.contains { !$0.isFinite }, "input \(value)")
        let plain = try Self.input(0, channelsLast: false)
        let weighted: [Float] = try Self.linear(activation, weight: value).fused(plain).elements()
        #expect(weighted.contains { !$0.isFinite }, "weight \(value)")
      }
    }
  }

  @Test("a file with one of them is not restored, and nothing is changed")
  func restoring() throws {
    let good = NamedTensor(name: "a", tensor: try Tensor([1, 2] as [Float], shape: [2]))
    let targets = [good, NamedTensor(name: "b", tensor: try Tensor([3] as [Float], shape: [1]))]
    for value in [Float.nan, .infinity] {
      let bytes = try SafetensorsFile.encode([
        NamedTensor(name: "a", tensor: try Tensor([5, 6] as [Float], shape: [2])),
        NamedTensor(name: "b", tensor: try Tensor([value], shape: [1])),
      ])
      let file = try SafetensorsFile(bytes: bytes, named: "x.safetensors")
      #expect(
        throws: TorchError.tensorMismatch(
          path: "x.safetensors", name: "b", expected: "finite numbers", found: "NaN or infinite")
      ) { try restore(targets, from: file) }
      #expect(try good.tensor.elements() == [1, 2] as [Float])
    }
  }
}

@Suite("Optimisation", .sharingTorch) struct OptimisationTests {
  private func store(_ elements: [Float]) throws -> ParameterStore {
    let store = ParameterStore(device: .cpu)
    _ = try store.root.parameter("x", Tensor(elements, shape: [elements.count]))
    return store
  }

  /// Two steps by hand from Kingma & Ba, Algorithm 1.
  @Test("Adam follows its algorithm")
  func adam() throws {
    let store = try store([1, -2])
    let adam = try Adam(store, .init(learningRate: 0.1))
    let gradients: [[Double]] = [[0.5, -4], [0.25, 1]]
    var expected: [Double] = [1, -2]
    var (first, second) = ([0.0, 0.0], [0.0, 0.0])
    for (index, gradient) in gradients.enumerated() {
      try adam.step([Tensor(gradient.map(Float.init), shape: [2])])
      for i in 0..<2 {
        first[i] = 0.9 * first[i] + 0.1 * gradient[i]
        second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i]
        let time = Double(index + 1)
        let mean = first[i] / (1 - pow(0.9, time))
        expected[i] -= 0.1 * mean / ((second[i] / (1 - pow(0.999, time))).squareRoot() + 1e-8)
      }
    }
    for (value, expected) in zip(try store.trainable[0].elements(), expected) {
      #expect(abs(Double(value) - expected) < 1e-6)
    }
  }

  @Test("clipping limits the joint norm and reports it")
  func clipping() throws {
    let gradients = [
      try Tensor([3] as [Float], shape: [1]), try Tensor([4] as [Float], shape: [1]),
    ]
    #expect(abs(try clipGradients(gradients, maximumNorm: 1).item() - 5) < 1e-6)
    #expect(abs(try gradients[0].item() - 0.6) < 1e-5)
    #expect(abs(try gradients[1].item() - 0.8) < 1e-5)
    _ = try clipGradients(gradients, maximumNorm: 2)
    #expect(abs(try gradients[1].item() - 0.8) < 1e-5)
  }

  @Test("averages follow the parameters and can be exchanged with them")
  func averages() throws {
    let store = try store([0])
    let average = try ExponentialMovingAverage(store, decay: 0.5)
    try withoutGradients { try store.trainable[0].copyInPlace(Tensor.ones([1])) }
    try average.update(step: 1_000_000)
    try average.exchange()
    #expect(try store.trainable[0].elements() == [0.5])
    try average.exchange()
    #expect(try store.trainable[0].elements() == [1])
  }
}

@Suite("Safetensors", .sharingTorch) struct SafetensorsTests {
  private func written(_ folder: String) throws -> String {
    let tensors = [
      NamedTensor(
        name: "a.weight", tensor: try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])),
      NamedTensor(name: "b", tensor: try Tensor([7] as [Int64], shape: [])),
    ]
    let path = "\(folder)/x.safetensors"
    try AtomicFile.write(SafetensorsFile.encode(tensors), to: path)
    return path
  }

  @Test("returns what was written")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let file = try SafetensorsFile(path: written(folder.path))
    #expect(file.names == ["a.weight", "b"])
    #expect(try file.tensor("a.weight").elements() == [1, 2, 3, 4, 5, 6] as [Float])
    #expect(try file.tensor("a.weight").shape == [2, 3])
    #expect(try file.tensor("b").elements(as: Int64.self) == [7])
    #expect(throws: TorchError.self) { try file.tensor("c") }
  }

  @Test("refuses every truncation and damage of the header")
  func damage() throws {
    let folder = try TemporaryFolder()
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: try written(folder.path))))
    let path = "\(folder.path)/damaged.safetensors"
    for length in 0..<bytes.count {
      try AtomicFile.write(bytes.prefix(length), to: path)
      #expect(throws: TorchError.self) { try SafetensorsFile(path: path) }
    }
    for index in 0..<8 {
      var damaged = bytes
      damaged[index] ^= 0xFF
      try AtomicFile.write(damaged, to: path)
      #expect(throws: TorchError.self) { try SafetensorsFile(path: path) }
    }
  }
}
