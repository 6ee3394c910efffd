//! The proxy is a name.

use std::time::Duration;

use control::{Output, QueryId, fault::FaultCode};

use crate::world::{PBX_ADDRESS, World};

fn asked(world: &mut World) -> Vec<QueryId> {
    let outputs = std::mem::take(&mut world.outputs);
    outputs
        .into_iter()
        .filter_map(|output| match output {
            Output::Resolve { query, host, .. } => {
                assert_eq!(host, "pbx.example.org");
                Some(query)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_name_is_looked_up_once_for_all_and_the_old_answer_outlives_the_resolver() {
    let mut world = World::with(|settings| settings.pbx.proxy_host = "pbx.example.org".to_owned());
    for n in 0..10 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    let queries = asked(&mut world);
    assert_eq!((queries.len(), world.pbx.log.len()), (1, 0));
    let resolved = |world: &mut World, query, addresses: &[&str]| {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        world.with_rooms(|_, registration, cx| registration.handle_resolved(cx, query, addresses))
    };
    assert!(!resolved(&mut world, QueryId(4711), &[PBX_ADDRESS]), "not ours");
    assert!(resolved(&mut world, queries[0], &[]));
    assert!(world.has_fault(FaultCode::DNS_FAILED) && world.has_fault(FaultCode::REGISTRATIONS_DOWN));
    world.run_for(Duration::from_secs(11));
    let queries = asked(&mut world);
    assert_eq!(queries.len(), 1, "asked again");
    assert!(resolved(&mut world, queries[0], &[PBX_ADDRESS]));
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.pbx.held(world.now), 10);
    assert!(!world.has_fault(FaultCode::DNS_FAILED) && !world.has_fault(FaultCode::REGISTRATIONS_DOWN));
    // The resolver dies; nothing changes for the registrations.
    world.run_for(Duration::from_secs(300));
    let queries = asked(&mut world);
    assert_eq!(queries.len(), 1);
    assert!(resolved(&mut world, queries[0], &[]));
    world.run_for(Duration::from_secs(600));
    assert_eq!(world.pbx.held(world.now), 10);
}
