public import ArgumentParser
public import Disentanglement
import Experiments

// The libraries' own enumerations as options: their raw values are what one types.

extension SplitRule.Order: ExpressibleByArgument {}
extension Preset: ExpressibleByArgument {}
extension TrainingStage: ExpressibleByArgument {}
extension ImageFeatureSettings.Network: ExpressibleByArgument {}
