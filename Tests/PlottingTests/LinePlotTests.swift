import Foundation
import Plotting
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
}
