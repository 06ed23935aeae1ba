import BenchSupport
import Testing

@Suite("Fixed decimals") struct FixedDecimalsTests {
  @Test(
    "give what rounds to zero no sign, and everything else its own",
    arguments: [
      (-0.0, 6, "0.000000"), (-1e-13, 6, "0.000000"), (-0.04, 1, "0.0"), (-0.3, 0, "0"),
      (0, 3, "0.000"), (-0.000_001, 6, "-0.000001"), (-0.05001, 1, "-0.1"), (-10, 2, "-10.00"),
      (0.42, 3, "0.420"), (.nan, 2, "nan"), (-.infinity, 2, "-inf"),
    ] as [(Double, Int, String)])
  func signs(value: Double, decimals: Int, text: String) {
    #expect(value.fixed(decimals) == text)
  }
}
