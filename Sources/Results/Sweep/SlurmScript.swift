/// A study as a Slurm job array: one array task per run that has no result yet.
public struct SlurmScript: Sendable {
  private let study: Study
  private let indices: [Int]
  private let studyPath: String
  private let program: String
  private let folder: String

  /// Prepares a script.
  ///
  /// - Parameters:
  ///   - study: The study.
  ///   - studyPath: Its file, as the jobs can read it.
  ///   - program: The path of this program, as the jobs can run it.
  ///   - folder: The folder in which the jobs run.
  /// - Throws: ``ResultError/invalidName(_:)``.
  public init(
    study: Study, studyPath: String, program: String, folder: String
  ) throws(ResultError) {
    self.study = study
    self.studyPath = studyPath
    self.program = program
    self.folder = folder
    let tasks = try study.tasks()
    indices = tasks.indices.filter { !tasks[$0].folder.isComplete }
  }

  /// The script for `sbatch`; nil if every run has a result.
  public var text: String? {
    guard !indices.isEmpty else { return nil }
    var options = [
      "job-name": "bench", "array": Self.ranges(indices), "cpus-per-task": "\(study.threadCount)",
      "chdir": folder, "output": "slurm-%A_%a.log",
      // Time to write a checkpoint before the job is killed; it is resumed by submitting again.
      // Without B: only what srun started would be told, and not the program of the script.
      "signal": "B:TERM@60",
    ]
    options.merge(study.slurm) { $1 }
    let directives = options.sorted { $0.key < $1.key }.map { "#SBATCH --\($0.key)=\($0.value)" }
    let command = [program, "sweep", studyPath, "--task"].map(Self.quoted).joined(separator: " ")
    return """
      #!/bin/sh
      \(directives.joined(separator: "\n"))
      exec \(command) "$SLURM_ARRAY_TASK_ID"

      """
  }

  /// Numbers as Slurm writes them, for instance `0-3,7`.
  static func ranges(_ numbers: [Int]) -> String {
    var parts: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = parts.last, last.upperBound + 1 == number {
        parts[parts.count - 1] = last.lowerBound...number
      } else {
        parts.append(number...number)
      }
    }
    return parts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  /// A word as the shell reads it.
  private static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
