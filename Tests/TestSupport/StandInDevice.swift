import BenchSupport
import Glibc
package import Torch

/// A stand-in for a graphics processor: libtorch takes it for another device, where operations that mix
/// devices fail as on CUDA; see `Tests/CTorchStandIn`.
package struct StandInDevice: Sendable {
  /// What went between it and the processor.
  package struct Traffic: Sendable, Equatable {
    /// Tensors and numbers read from it: on a graphics processor each waits for all work before.
    package var reads: Int
    /// Tensors copied to it.
    package var uploads: Int

    /// So many of each.
    package init(reads: Int, uploads: Int) {
      self.reads = reads
      self.uploads = uploads
    }
  }

  /// Why there is none.
  package struct Missing: Error, CustomStringConvertible {
    package let description: String
  }

  private let readCount: @convention(c) @Sendable () -> Int64
  private let uploadCount: @convention(c) @Sendable () -> Int64
  private let waits: @convention(c) @Sendable () -> Int64

  private static let loaded = Result { try StandInDevice() }

  /// The device of this process.
  ///
  /// - Returns: The same every time.
  /// - Throws: ``Missing``, or `TorchError` without libtorch.
  package static func shared() throws -> StandInDevice { try loaded.get() }

  private init() throws {
    _ = try Libtorch.version()
    let path = "\(ProgramLocation.folder)/libCTorchStandIn.so"
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw Missing(description: dlerror().map { String(cString: $0) } ?? "no \(path)")
    }
    func symbol<Function>(_ name: String, as type: Function.Type) throws -> Function {
      guard let pointer = dlsym(library, name) else {
        throw Missing(description: "\(path) has no \(name)")
      }
      return unsafeBitCast(pointer, to: type)
    }
    let start = try symbol("stand_in_start", as: (@convention(c) () -> Void).self)
    readCount = try symbol("stand_in_reads", as: (@convention(c) @Sendable () -> Int64).self)
    uploadCount = try symbol("stand_in_uploads", as: (@convention(c) @Sendable () -> Int64).self)
    waits = try symbol("stand_in_waits", as: (@convention(c) @Sendable () -> Int64).self)
    start()
  }

  /// Its name to tensors and models.
  package var device: Device { .privateUse }

  /// How often its work waited for what was uploaded beside it.
  package var waitCount: Int { Int(waits()) }

  /// Everything so far.
  package var traffic: Traffic {
    Traffic(reads: Int(readCount()), uploads: Int(uploadCount()))
  }

  /// What goes between the devices during `body`.
  ///
  /// - Parameter body: What is watched.
  /// - Returns: The traffic.
  /// - Throws: Errors of `body`.
  package func traffic(of body: () throws -> Void) throws -> Traffic {
    let before = traffic
    try body()
    let after = traffic
    return Traffic(
      reads: after.reads - before.reads, uploads: after.uploads - before.uploads)
  }
}
