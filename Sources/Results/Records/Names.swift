/// The names of metrics as published tables and result files write them.
public enum MetricName {
  /// The name used in result files for a metric as papers write it, for instance `dci` for `DCI-D`.
  public static func canonical(_ name: String) -> String {
    let lowercase = name.lowercased()
    return aliases[lowercase] ?? lowercase
  }

  private static let aliases = [
    "dci-d": "dci", "dci disentanglement": "dci", "dci.disentanglement": "dci",
    "factorvae-score": "factorvae", "factor_vae": "factorvae", "factor-vae": "factorvae",
    "betavae-score": "betavae", "beta_vae": "betavae", "beta-vae": "betavae",
    "sap_score": "sap", "mig.value": "mig",
  ]
}

/// The names of datasets as published tables and result files write them.
public enum DatasetName {
  /// Lowercase letters and digits only, for instance `celeba64` for `CelebA-64`, and for a name that another
  /// library gives a dataset that of ours, for instance `dsprites` for `dsprites_full`.
  public static func canonical(_ name: String) -> String {
    let letters = String(name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    return aliases[letters] ?? letters
  }

  /// What disentanglement_lib's `named_data.py` and TensorFlow Datasets call datasets otherwise than we do.
  ///
  /// `dsprites_noshape` is none of them: it has four of the five factors.
  private static let aliases = [
    "dspritesfull": "dsprites", "colordsprites": "dspritescolor",
    "noisydsprites": "dspritesnoise", "screamdsprites": "dspritesscream", "3dshapes": "shapes3d",
  ]

  /// The name under which tables are grouped: that of the dataset without its variant.
  ///
  /// Papers often write `MPI3D` without saying which of its three variants they mean. Runs on a
  /// variant are shown beside such numbers but not compared with them.
  public static func family(_ name: String) -> String {
    let canonical = canonical(name)
    if canonical.hasPrefix("mpi3d") { return "mpi3d" }
    return families[canonical] ?? canonical
  }

  private static let families = [
    "celeba": "celeba64", "celebahq": "celebahq256", "ffhq": "ffhq256",
    "lsunbedroom": "lsunbedrooms256", "lsunbedrooms": "lsunbedrooms256",
    "lsunchurches": "lsunchurches256", "lsunchurch": "lsunchurches256",
  ]
}

/// The names of methods as published tables and result files write them.
public enum MethodName {
  /// Lowercase letters and digits of the name without what is in parentheses and without options,
  /// for instance `betavae` for `beta-VAE (dlib)` and for `beta-vae:beta=6`.
  public static func canonical(_ name: String) -> String {
    DatasetName.canonical(String(name.prefix { $0 != "(" && $0 != ":" }))
  }
}
