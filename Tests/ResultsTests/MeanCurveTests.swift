import Plotting
import Results
import Testing

@Suite("Mean curves") struct MeanCurveTests {
  @Test("average curves of several seeds with a band")
  func mean() throws {
    let curves = [[1.0, 2], [3, 6]].map { Curve(xLabel: "x", yLabel: "y", x: [0, 1], y: $0) }
    let series = try #require(LinePlot.Series.mean(name: "m", of: curves))
    #expect(series.y == [2, 4])
    #expect(abs(series.upper[0] - (2 + 2.0.squareRoot())) < 1e-12)
    #expect(series.name == "m (2 seeds)")
    #expect(LinePlot.Series.mean(name: "m", of: []) == nil)
  }
}
