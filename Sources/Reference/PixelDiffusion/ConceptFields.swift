import Torch

/// What each concept of an image adds to the prediction of a frozen net: DisDiff's gradient fields
/// (`openaimodel_shift.py`).
///
/// A second middle and way up over the frozen net's maps, run once per concept with the same weights. A concept is told by
/// its row of a learned orthogonal matrix, added to the embedding of the state, and by its token, which scales and shifts
/// every block once more. The fields are 0 at first.
struct ConceptFields {
  private let blocks: PixelBlocks
  private let identities: OrthogonalMatrix
  private let identityLayer: Linear
  private let tokenLayer: Linear
  private let ascent: UNetAscent
  private let head: UNetHead

  /// Adds the layers to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - blocks: How images become maps.
  ///   - tokenWidth: Numbers of a token.
  ///   - form: The frozen net's.
  /// - Throws: `TorchError`.
  init(_ scope: ParameterScope, blocks: PixelBlocks, tokenWidth: Int, form: UNetForm) throws {
    self.blocks = blocks
    let width = 4 * form.width
    identities = try OrthogonalMatrix(scope.scope("identities"), size: Self.most(form.width))
    identityLayer = try Linear(
      scope.scope("identity"), input: Self.most(form.width), output: width)
    tokenLayer = try Linear(scope.scope("token"), input: tokenWidth, output: width)
    var form = form
    form.conditions = [
      .init(width: width, initializer: .torchDefault),
      .init(name: "token", width: width, initializer: .torchDefault),
    ]
    ascent = try UNetAscent(scope.scope("net"), form)
    head = try UNetHead(
      scope.scope("field"), width: form.width, channelCount: blocks.width, groups: form.groups)
  }

  /// The most concepts that a net of a width can tell apart.
  static func most(_ width: Int) -> Int { 2 * width }

  /// The fields of all concepts.
  ///
  /// - Parameters:
  ///   - prediction: What the frozen net says of the images.
  ///   - tokens: Their tokens, [image, concept, number].
  /// - Returns: [image, concept, channel, height, width].
  /// - Throws: `TorchError`.
  func callAsFunction(_ prediction: NoisePredictor.Prediction, _ tokens: Tensor) throws -> Tensor {
    let (imageCount, conceptCount) = (tokens.shape[0], tokens.shape[1])
    func repeated(_ map: Tensor) throws -> Tensor {
      let shape = Array(map.shape.dropFirst())
      return try map.unsqueezed(1).expanded([imageCount, conceptCount] + shape)
        .reshaped([imageCount * conceptCount] + shape)
    }
    let maps = try prediction.maps.map { try repeated($0).channelsLast() }
    let rows = try identityLayer(identities().narrowed(0, start: 0, count: conceptCount))
    let embedded = try (prediction.embedding.unsqueezed(1) + rows).reshaped([
      imageCount * conceptCount, -1,
    ])
    let conditions = [
      try embedded.silu(), try tokenLayer(tokens).reshaped([imageCount * conceptCount, -1]).silu(),
    ]
    let fields = try blocks.joined(
      head(ascent(maps, UNetContext(conditions: conditions))))
    return try fields.reshaped([imageCount, conceptCount] + fields.shape.dropFirst())
  }
}
