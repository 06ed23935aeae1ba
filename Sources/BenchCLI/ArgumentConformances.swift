public import ArgumentParser
public import Disentanglement

// The libraries' own enumerations as options: their raw values are what one types.

extension SplitRule.Order: ExpressibleByArgument {}
