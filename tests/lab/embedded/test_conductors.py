"""Where conductors run."""


def test_a_conductor_of_its_own_takes_over_from_the_rpc_server(house, setup, tmp_path):
    lab, tenant = house.lab, house.tenant()
    pool = tenant.pool(tenant.subnet())
    settings = tmp_path / "conductor.toml"
    settings.write_text(
        setup.settings.read_text()
        + f'wiring = "neutron"\nneutron_auth = "none"\nneutron_url = "{lab.url}"\n'
    )
    lab.rpc_server.stop()
    conductor = lab.start_process(
        "pierhead-conductor",
        [str(lab.python), "-m", "pierhead", "conductor", "--config", str(settings)],
    )
    try:
        vip = tenant.vip(pool)
        tenant.wait_active(vip["id"])
        tenant.delete(f"lb/vips/{vip['id']}")
        tenant.wait_gone(vip["id"])
    finally:
        conductor.kill()
        lab.rpc_server.start()
        lab.wait_ready()
