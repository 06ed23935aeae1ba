import BenchSupport
import Torch

extension GlobalOptions {
  /// Loads libtorch, gives it the threads of this command and opens the device.
  func openDevice() throws -> Device {
    let device = try Device(named: "\(device)")
    try Libtorch.setThreadCount(threadCount)
    return device
  }
}
