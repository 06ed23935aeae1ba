import ArgumentParser

/// The commands of the program; a new one is one file and one line here.
enum Commands {
  /// Every command, in the order of the help.
  static let all: [any AsyncParsableCommand.Type] = [
    DisentangleCommand.self,
    GenerateCommand.self,
    TrainCommand.self,
    SampleCommand.self,
    DenoiseCommand.self,
    AuditCommand.self,
    TraverseCommand.self,
    ReconstructCommand.self,
    EncodeCommand.self,
    ScoreCommand.self,
    FIDCommand.self,
    BetaCommand.self,
    PerfCommand.self,
    CompareCommand.self,
    ReportCommand.self,
    SweepCommand.self,
    CentralityCommand.self,
    ImportCommand.self,
    DatasetsCommand.self,
    WeightsCommand.self,
    StatsCommand.self,
    CacheCommand.self,
    DoctorCommand.self,
  ]

  /// The names of the commands whose work several processes can do together.
  static var joint: [String] {
    all.compactMap { $0 as? any BenchCommand.Type }.filter { $0.isJoint }
      .compactMap { $0.configuration.commandName }
  }
}
