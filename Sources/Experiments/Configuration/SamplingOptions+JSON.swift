package import BenchSupport
package import Reference

extension SamplingOptions {
  /// The choices that decide what is sampled, for records.
  package var json: JSONValue {
    [
      "sampler": .string(sampler.name), "steps": .integer(stepCount),
      "grid": .string(grid.rawValue),
    ]
  }
}
