internal import COpenBLAS

/// The element types BLAS multiplies: `Float` and `Double`.
public protocol BLASScalar: BinaryFloatingPoint, Sendable {
  /// Row-major `c = alpha · op(a) · op(b) + beta · c`; `c` is `[m, n]`, the inner size is `k`.
  ///
  /// Strides are the distances between rows as stored. The memory must hold what the sizes say.
  static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Self,
    a: UnsafePointer<Self>, strideA: Int, b: UnsafePointer<Self>, strideB: Int, beta: Self,
    c: UnsafeMutablePointer<Self>, strideC: Int) throws(LinearAlgebraError)

  /// Row-major, upper triangle only: `c = alpha · a · aᵀ + beta · c` with `a` `[n, k]`,
  /// or `alpha · aᵀ · a + beta · c` with `a` `[k, n]` when `transpose`.
  static func syrk(
    transpose: Bool, n: Int, k: Int, alpha: Self, a: UnsafePointer<Self>, strideA: Int, beta: Self,
    c: UnsafeMutablePointer<Self>, strideC: Int) throws(LinearAlgebraError)

  /// The place of the first NaN or infinity.
  static func firstNonFinite(in elements: [Self]) -> Int?
}

extension Float: BLASScalar {
  /// The place of the first NaN or infinity.
  public static func firstNonFinite(in elements: [Float]) -> Int? {
    // Without a branch in the loop, eight elements are looked at per step.
    var found: UInt32 = 0
    for element in elements {
      found |= element.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
    }
    return found == 0 ? nil : elements.firstIndex { !$0.isFinite }
  }

  /// Single-precision matrix product.
  public static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float,
    a: UnsafePointer<Float>, strideA: Int, b: UnsafePointer<Float>, strideB: Int, beta: Float,
    c: UnsafeMutablePointer<Float>, strideC: Int
  ) throws(LinearAlgebraError) {
    let outer = try Sizes("gemm", m, n)
    let inner = try Sizes("gemm", k, strideC)
    let strides = try Sizes("gemm", strideA, strideB)
    try OpenBLAS.run(operations: 2 * m * n * k) {
      openblas_sgemm(
        transposeA, transposeB, outer.rowCount, outer.columnCount, inner.rowCount, alpha, a,
        strides.rowCount, b, strides.columnCount, beta, c, inner.columnCount)
    }
  }

  /// Single-precision product of a matrix with its transpose.
  public static func syrk(
    transpose: Bool, n: Int, k: Int, alpha: Float, a: UnsafePointer<Float>, strideA: Int,
    beta: Float, c: UnsafeMutablePointer<Float>, strideC: Int
  ) throws(LinearAlgebraError) {
    let sizes = try Sizes("syrk", n, k)
    let strides = try Sizes("syrk", strideA, strideC)
    try OpenBLAS.run(operations: n * (n + 1) * k) {
      openblas_ssyrk(
        transpose, sizes.rowCount, sizes.columnCount, alpha, a, strides.rowCount, beta, c,
        strides.columnCount)
    }
  }
}

extension Double: BLASScalar {
  /// The place of the first NaN or infinity.
  public static func firstNonFinite(in elements: [Double]) -> Int? {
    var found: UInt64 = 0
    for element in elements {
      found |= element.bitPattern & 0x7FF0_0000_0000_0000 == 0x7FF0_0000_0000_0000 ? 1 : 0
    }
    return found == 0 ? nil : elements.firstIndex { !$0.isFinite }
  }

  /// Double-precision matrix product.
  public static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Double,
    a: UnsafePointer<Double>, strideA: Int, b: UnsafePointer<Double>, strideB: Int, beta: Double,
    c: UnsafeMutablePointer<Double>, strideC: Int
  ) throws(LinearAlgebraError) {
    let outer = try Sizes("gemm", m, n)
    let inner = try Sizes("gemm", k, strideC)
    let strides = try Sizes("gemm", strideA, strideB)
    try OpenBLAS.run(operations: 2 * m * n * k) {
      openblas_dgemm(
        transposeA, transposeB, outer.rowCount, outer.columnCount, inner.rowCount, alpha, a,
        strides.rowCount, b, strides.columnCount, beta, c, inner.columnCount)
    }
  }

  /// Double-precision product of a matrix with its transpose.
  public static func syrk(
    transpose: Bool, n: Int, k: Int, alpha: Double, a: UnsafePointer<Double>, strideA: Int,
    beta: Double, c: UnsafeMutablePointer<Double>, strideC: Int
  ) throws(LinearAlgebraError) {
    let sizes = try Sizes("syrk", n, k)
    let strides = try Sizes("syrk", strideA, strideC)
    try OpenBLAS.run(operations: n * (n + 1) * k) {
      openblas_dsyrk(
        transpose, sizes.rowCount, sizes.columnCount, alpha, a, strides.rowCount, beta, c,
        strides.columnCount)
    }
  }
}
