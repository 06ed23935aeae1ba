import Foundation
import Results
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Line plots") struct LinePlotTests {
  static let hostile = LinePlot(
    title: "A <title> & \"more\"", xLabel: "rate (nats)", yLabel: "MIG\u{1}", isLogarithmicX: true,
    series: [
      .init(
        name: "a<b", x: [0.01, 0.1, 1, 10], y: [0.1, .nan, 0.3, 0.2], lower: [0, 0.1, 0.2, 0.1],
        upper: [0.2, 0.3, .infinity, 0.4]),
      .init(name: "dashed", x: [-1, 0, 5], y: [0.1, 0.2, 0.4], isDashed: true),
    ], marks: [.init(x: 0.5, label: "picked & marked")])

  static let plots = [
    hostile,
    LinePlot(xLabel: "x", yLabel: "y", series: []),
    LinePlot(xLabel: "x", yLabel: "y", series: [.init(name: "", x: [1], y: [1e300])]),
    LinePlot(
      xLabel: "step", yLabel: "loss", isLogarithmicY: true,
      series: [.init(name: "n", x: [0, 5e5], y: [1e-7, 1e6])]),
    LinePlot(
      xLabel: "x", yLabel: "y",
      series: [.init(name: "tiny", x: [0, 1], y: [1e-300, 2e-300], hasDots: false)]),
  ]

  @Test("are well-formed XML", arguments: plots)
  func wellFormed(plot: LinePlot) {
    let text = plot.svg()
    #expect(XMLParser(data: Data(text.utf8)).parse())
    #expect(!text.contains("nan") && !text.contains("inf"))
  }

  @Test("are pictures of the size asked for", arguments: plots)
  func pictures(plot: LinePlot) {
    let canvas = plot.canvas(width: 480, height: 300)
    #expect(canvas.width == 480 && canvas.height == 300)
    #expect(Set(canvas.pixels).count > 4)
  }

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
