//! The numbers of the Recommendation. Every array is checked against the digest of the published table.

pub(crate) mod annex_b;
pub(crate) mod excitation;
pub(crate) mod filters;
pub(crate) mod lsf;
pub(crate) mod maths;

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{annex_b, excitation, filters, lsf, maths};

    /// SHA-256 over the decimal values, flattened and joined by single commas.
    fn digest<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
        let text = values.into_iter().map(|v| v.to_string()).collect::<Vec<_>>().join(",");
        Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
    }

    macro_rules! check {
        ($table:path, 1, $sha:literal) => {
            assert_eq!(digest($table.iter()), $sha, stringify!($table));
        };
        ($table:path, 2, $sha:literal) => {
            assert_eq!(digest($table.iter().flatten()), $sha, stringify!($table));
        };
        ($table:path, 3, $sha:literal) => {
            assert_eq!(digest($table.iter().flatten().flatten()), $sha, stringify!($table));
        };
    }

    #[test]
    fn every_table_has_the_published_digest() {
        check!(filters::LP_WINDOW, 1, "4416d2a9f5b0090e64a8f6de81ea44ee6e5891d430024c54b5eebfd3bbdcf762");
        check!(
            filters::LAG_WINDOW_HIGH,
            1,
            "8f68c25c934f431c0079c49870e8991261789d142663930da6d6c4517e79e04d"
        );
        check!(
            filters::LAG_WINDOW_LOW,
            1,
            "0f53eaf6786edcadc1e00e75d20ad18e2acdbb27993fd0452dd6963605d8272a"
        );
        check!(filters::ROOT_GRID, 1, "f834ba175b19b199c892e0714209b60ff26c01da8d4f86f2fc6f1f32abaa131f");
        check!(filters::PRE_ZEROS, 1, "ba5ebc87e44f67e8402a4869a78bc0d07069dde3911b1e1fe539ea00a6a9cf97");
        check!(filters::PRE_POLES, 1, "04fe0a419d409cf001146e40c0f88cb736b6370a56d0891f1953f1fcfc362672");
        check!(filters::POST_ZEROS, 1, "c8ef3b6f3303747198a7cb5e0e911daa81fb6cc814c01844ae0356337d892ba5");
        check!(filters::POST_POLES, 1, "d4ad395ea138813d16056105b82aab5e9b6638daa027238abe76acc44bd758db");
        check!(filters::INITIAL_LSP, 1, "26d42cb4a83ef5eb19d5cfc80757ce61e545234e3b728df6f11571a33df48ee4");
        check!(
            filters::INITIAL_FILTER,
            1,
            "549933704417f90b2c618556822ffe3d3cae03efe6c96f1d61d7e8ca513c874e"
        );
        check!(lsf::COS_NORMALISED, 1, "130fd56e63d8d7566840b68861a0d49b2ee9fa9cfa0c8e0aecde89cf21423ca2");
        check!(
            lsf::ACOS_SLOPE_NORMALISED,
            1,
            "cc979771e3761b4cd45e786a30247db20beca3a3d4c5827d81518595af832174"
        );
        check!(lsf::COS, 1, "23d4ac55e524995295396de743904bc59b47fd3b6e20db444443d4f1fdf93d09");
        check!(lsf::COS_SLOPE, 1, "9b58724be2c84212255836a6ac6ff9e4c29a846064a1ce914ce8678bf80fd438");
        check!(lsf::ACOS_SLOPE, 1, "cc979771e3761b4cd45e786a30247db20beca3a3d4c5827d81518595af832174");
        check!(lsf::LSF_STAGE1, 2, "c0e61efc3f504df69d544d66eb6e95c8bb09be07c44c8a0261899a745a7b8f43");
        check!(lsf::LSF_STAGE2, 2, "d98abf0ca5d3e6d5cf6f875ca35eaa957dd0f58b8ce900a52022263680c62599");
        check!(lsf::LSF_PREDICTOR, 3, "2fd94479fae68300fa881a6825e5340120657bdc72406dc4f2e94838d10df8f4");
        check!(lsf::LSF_PREDICTOR_SUM, 2, "5247e4ff23ddf28794174216d69f4d8e73e4f91d30e433f87c9a5363e0a0737d");
        check!(
            lsf::LSF_PREDICTOR_SUM_INV,
            2,
            "21c6f6d74bc98e0d2b50cc871caa02756280908569cbe3e78af5807e03a904c7"
        );
        check!(lsf::INITIAL_LSF, 1, "4d3a8b1e872a3f256c950c546127555ae7adfae30139ba275902163926f10cd1");
        check!(
            excitation::INTERPOLATION,
            1,
            "3f5ce370519619804cf4ae9e402e621e9f0a15818515e892c427aea6af1cb0ba"
        );
        check!(excitation::ERROR_ZONE, 1, "9bde74a9e74c134eb08619be86e33b9ef832d509a833189652a11aa936e38ccb");
        check!(
            excitation::GAIN_PREDICTOR,
            1,
            "9518686e61bd00108a0dbc611f029f4556cc0b94b1911ba99907ae10cdd2f66f"
        );
        check!(
            excitation::INITIAL_GAIN_MEMORY,
            1,
            "423a8c837ca5f079c62341e8ca8538df5e6fd36d18433d787bdc996294470f4b"
        );
        check!(
            excitation::GAIN_STAGE1,
            2,
            "7501ea1f3b74a4135b7580cd5d823f18805cf07526292056c2773372f822dbaa"
        );
        check!(
            excitation::GAIN_STAGE2,
            2,
            "e3f418d544dd76abbe2af915e22d22860456f4d3703259841186e6f03ab52a28"
        );
        check!(excitation::GAIN_MAP1, 1, "39a390e787a5dfb4b605b810a2e881b242cf32f7e4f0a865bfec7b845b58bd2a");
        check!(excitation::GAIN_MAP2, 1, "3476de1a39d0e4db3bd0418a0b4bbd17c7e59216648adb4ba54af6af13644700");
        check!(
            excitation::GAIN_UNMAP1,
            1,
            "d0cb4c96c575c26b4d68b0e214ba5cdff10a9e85babd2b3eddcc385acf53c1a9"
        );
        check!(
            excitation::GAIN_UNMAP2,
            1,
            "b34dbf0382a767c2ce61223fc7ce11f890849785664b55a505d9038bcaf2157b"
        );
        check!(excitation::PRESELECT, 2, "22cb3e56eca929e4b002ee7e3b319c0278399e02a68033687e6b2c810bfdc9cd");
        check!(
            excitation::PRESELECT_LONG,
            2,
            "5c67300d54059ecaff6616bde844a3dcb934a35085b881fc02814208c6cd1bee"
        );
        check!(
            excitation::PRESELECT_THRESHOLD1,
            1,
            "bc8cc6dfd21be3c4b23a52f62795c6049c8c28af177d57378bd869d24900ae70"
        );
        check!(
            excitation::PRESELECT_THRESHOLD2,
            1,
            "28ccca26dfde1016c61f7820babc140f22b6c48fdf71bbebbb3520784e4e95fe"
        );
        check!(maths::POW2, 1, "3e7e28a14ad3b35d90fc0197994361d72ec520625eb3d3be0e799ffa9c51fc63");
        check!(maths::LOG2, 1, "acb90ab48f569061abe0f7e0e55ab40ffe53c14db59352aa285667eefd30c714");
        check!(maths::INV_SQRT, 1, "0a480f2f6789d831935e9716f9ce7869b78291cf11e4a2543249b4d333e2d70e");
        check!(
            annex_b::LOW_BAND_CORRELATION,
            1,
            "4c8145ef763c9baf164da5344f70a78a585e5a6307c6d21fc4ba2bc507857b90"
        );
        check!(
            annex_b::VAD_INIT_SHIFT,
            1,
            "663a98be32902594d8764df0a4a1608f50b20296d553741e51d3cf1f5f486d9b"
        );
        check!(
            annex_b::VAD_INIT_FACTOR,
            1,
            "44ca6e088b968cf9fc4f33aa2c83d04f53996934fcc6693a88149931941fe6d5"
        );
        check!(
            annex_b::VAD_ADAPTATION,
            2,
            "926afa643e8303ce7acd15b36c03d60d649a0828d42eeae4fa3e854d58fdc934"
        );
        check!(
            annex_b::SID_ENERGY_FACTOR,
            1,
            "066ec95b207c0e258e33affbb9a0645fb61d7592411efe952702e1179d51c478"
        );
        check!(
            annex_b::SID_ENERGY_MARGIN,
            1,
            "d7d89f8004eac51a32627458843cc54c569793313caab5beff91cb8779fd17c4"
        );
        check!(annex_b::SID_GAIN, 1, "9cef60231a75294f1319daf464c1d26d01a708256b1c35f9dc28e191d7b5f653");
        check!(
            annex_b::NOISE_PREDICTOR,
            3,
            "18903e72aa9234d28a68d292a6c78f4c55c44c6b4f2c77f94fbf35402c373abd"
        );
        check!(
            annex_b::NOISE_PREDICTOR_SUM,
            2,
            "e3d03f9176973aecf3cead0b67775bd46dc981b16c17572b6fb24bae72ab3f0b"
        );
        check!(
            annex_b::NOISE_PREDICTOR_SUM_INV,
            2,
            "2324743b80b0be37e1a55b86c1aa80d8e6d32fc9c2c7070439f639f067b93cf6"
        );
        check!(
            annex_b::SID_STAGE1_ROW,
            1,
            "8a7e3c5d524ed529a48e2d2a1c5be8090e600f44bb67de83dabfe66c78cf2993"
        );
        check!(
            annex_b::SID_STAGE2_ROW,
            2,
            "69e5e583aeba4f4a6a0a3a057de6ce4b8c67cc11848d32e796e727673d159c98"
        );
        check!(
            annex_b::SID_PREDICTOR_WEIGHT,
            1,
            "fdc886659077d030c41336e59e03603d6bf062e654d14af0b49ba771708083a7"
        );
        check!(
            annex_b::INITIAL_SID_LSP,
            1,
            "a6333d4b554be1765efc1e0f8b278dabae0bf5e541f3852e67eebd7c3cc7e45a"
        );
    }
}
