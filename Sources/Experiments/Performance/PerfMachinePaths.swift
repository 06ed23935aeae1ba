import BenchSupport
import LinearAlgebra
import Reference
import Torch

/// Plain work of the machine and its libraries, to compare our paths with: ratios to these say
/// something on any machine.
struct PerfMachinePaths {
  let settings: PerfSettings

  var paths: [PerfPath] {
    [
      PerfPath(name: PerfPath.matrixProduct, itemCount: 1, measure: matrixProduct),
      PerfPath(name: "machine:convolution", itemCount: 64, measure: convolution),
      PerfPath(name: "machine:blas", itemCount: 1, measure: doubleProduct),
      PerfPath(name: "machine:sort", itemCount: 1 << 18, measure: sorting),
    ]
  }

  /// libtorch's product of two 1024×1024 matrices in single precision.
  private func matrixProduct() throws -> Timing {
    let device = try settings.openDevice()
    let matrix = try Tensor.normal([1024, 1024], device: device)
    return try settings.timing(counting: .tensors) {
      _ = try matrix.matmul(matrix)
      try device.synchronize()
    }
  }

  /// libtorch's convolution of 64 images as the study's networks have them, forward and backward.
  private func convolution() throws -> Timing {
    let device = try settings.openDevice()
    let images = try Tensor.normal([64, 32, 32, 32], device: device).channelsLast()
    let weight = try Tensor.normal([32, 32, 4, 4], device: device).channelsLast()
    try images.setRequiresGradient(true)
    try weight.setRequiresGradient(true)
    return try settings.timing(counting: .tensors) {
      let result = try images.convolution(weight, bias: nil, stride: [2, 2], padding: [1, 1])
      try result.sum().backward()
      try images.setGradient(nil)
      try weight.setGradient(nil)
      try device.synchronize()
    }
  }

  /// OpenBLAS's product of two 1024×1024 matrices in double precision.
  private func doubleProduct() throws -> Timing {
    var random = Philox(seed: 0)
    let matrix = Matrix(
      rowCount: 1024, columnCount: 1024,
      elements: random.normals(1 << 20).map { Double($0) })
    return try settings.timing(counting: .matrices) { _ = try matrix.multiplied(by: matrix) }
  }

  /// The standard library's sorting of numbers: one thread, no library, no wide vectors.
  private func sorting() throws -> Timing {
    var random = Philox(seed: 0)
    let numbers = random.normals(1 << 18)
    return try settings.timing { _ = numbers.sorted() }
  }
}
