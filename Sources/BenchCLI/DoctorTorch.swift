/// What `bench doctor` says about libtorch and graphics processors.
func torchFindings() -> [DoctorFinding] {
  #if LIBTORCH
  [DoctorFinding("libtorch", "built in")]
  #else
  [
    DoctorFinding(
      "libtorch", "this bench was built without it, so it cannot train or run models",
      isFine: false, advice: "run 'make build', which fetches it once and builds with it.")
  ]
  #endif
}
