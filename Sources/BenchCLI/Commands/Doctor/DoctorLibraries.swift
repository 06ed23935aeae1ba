import Glibc
import LinearAlgebra
import MessagePassing

/// The linear algebra of the metrics, loaded the way they load it.
func openBLASFinding() -> DoctorFinding {
  do { return DoctorFinding("openblas", try OpenBLAS.configuration()) } catch {
    return DoctorFinding(
      "openblas", "not found", isFine: false, advice: "install it: apt-get install libopenblas-dev")
  }
}

/// Open MPI, which only work in several processes needs.
func openMPIFinding() -> DoctorFinding {
  guard let version = openMPIVersion() else {
    return DoctorFinding(
      "mpi", "not found",
      advice: "only work in several processes needs it: apt-get install openmpi-bin")
  }
  return DoctorFinding("mpi", version)
}

/// The version of the zlib in this process; nil if there is none.
func zlibVersion() -> String? {
  typealias Version = @convention(c) () -> UnsafePointer<CChar>?
  return symbol("zlibVersion", as: Version.self)?().map { String(cString: $0) }
}

/// The version of the libpng in this process; nil if there is none.
func pngVersion() -> String? {
  typealias Version = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
  return symbol("png_get_libpng_ver", as: Version.self)?(nil).map { String(cString: $0) }
}

/// The version of the HDF5 library in this process; nil if there is none.
func hdf5Version() -> String? {
  typealias Version =
    @convention(c) (
      UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
    ) -> Int32
  guard let version = symbol("H5get_libversion", as: Version.self) else { return nil }
  var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
  guard version(&major, &minor, &release) >= 0 else { return nil }
  return "\(major).\(minor).\(release)"
}

/// A C function by name, in a library or anywhere in this process.
private func symbol<Function>(
  _ name: String, in handle: UnsafeMutableRawPointer? = nil, as type: Function.Type
) -> Function? {
  dlsym(handle ?? dlopen(nil, RTLD_NOW), name).map { unsafeBitCast($0, to: type) }
}
