public import ArgumentParser
public import Datasets
public import Disentanglement
import Experiments
public import GenerationMetrics
public import Results
public import Torch

// The libraries' own enumerations as options: their raw values are what one types.

extension ComparisonReport.Format: ExpressibleByArgument {}
extension FeatureExtractor.ErrorPolicy: ExpressibleByArgument {}
extension FeatureProtocol: ExpressibleByArgument {}
extension GenerationOptions.Inside: ExpressibleByArgument {}
extension ImageFeatureSettings.Network: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension Preset: ExpressibleByArgument {}
extension SplitRule.Order: ExpressibleByArgument {}

extension SampleRange: ExpressibleByArgument {
  /// Takes two numbers with a comma between them.
  public init?(argument: String) { self.init(argument) }
}

extension StageChoice: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
  package var defaultValueDescription: String { name }
}
