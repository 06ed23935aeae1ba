import BenchSupport
import Torch

/// What `bench doctor` says about libtorch and graphics processors.
func torchFindings() -> [DoctorFinding] {
  do {
    let version = try Libtorch.version()
    let devices = (try? Device(named: "cuda")) == nil ? "no CUDA device" : "CUDA works"
    return [DoctorFinding("libtorch", "\(version) in \(LibtorchLocation.folder), \(devices)")]
  } catch {
    return [
      DoctorFinding(
        "libtorch", "\(error)", isFine: false,
        advice: "run 'make build', which fetches it once and builds with it.")
    ]
  }
}
