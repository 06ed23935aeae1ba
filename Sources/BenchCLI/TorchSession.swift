import BenchSupport
import MessagePassing
import Reference
import Torch

extension GlobalOptions {
  /// Loads libtorch, gives it the threads of this command and opens the device.
  func openDevice() throws -> Device {
    let device = try Device(named: "\(device)")
    try Libtorch.setThreadCount(threadCount)
    return device
  }

  /// The same for processes that work together, which do so on processors only.
  ///
  /// - Throws: ``TrainingError/severalProcesses(onDevice:)``.
  func openDevice(for group: ProcessGroup) throws -> Device {
    guard group.isJoint else { return try openDevice() }
    if case .cuda(let index) = device {
      throw TrainingError.severalProcesses(onDevice: .cuda(index))
    }
    try Libtorch.setThreadCount(threadCount)
    return .cpu
  }
}
