import BenchSupport
import Results
import TestSupport
import Testing

@Test("YAML keeps every digit of numbers, and texts that look like something else")
func yamlRoundTrip() throws {
  let value = JSONValue.object([
    "rate": .number(0.000_123_456_789_012_345_67), "third": .number(1.0 / 3),
    "tiny": .number(2.5e-308),
    "count": .integer(1_234_567_890_123), "whole": .number(2), "none": .null, "yes": .bool(true),
    "names": .array([.string("a: b"), .string("true"), .string("12"), .string("ε̂"), .string("")]),
    "inner": .object(["list": .array([]), "empty": .object([:])]),
  ])
  let folder = try TemporaryFolder()
  try AtomicFile.write(Array(try yamlText(value).utf8), to: "\(folder.path)/a.yaml")
  #expect(try readYAML("\(folder.path)/a.yaml") == value)
}
